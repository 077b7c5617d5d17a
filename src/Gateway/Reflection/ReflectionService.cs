using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1Alpha;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Reflection;

/// <summary>
/// gRPC reflection, v1alpha. It names every service that can be called here. Descriptors of Gitaly's protocol come from a node, which knows all of it and its
/// own version of it; those that only the gateway has, and those of what it answers itself where no node does, are its own.
/// </summary>
internal sealed class ReflectionService(NodeDescriptors nodes) : ReflectionServiceImpl(Names, SymbolRegistry.FromFiles(Own.Select(static service => service.File)))
{
    /// <summary>Path of its only method.</summary>
    public const string Path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private static readonly ServiceDescriptor[] OfNoNode =
    [
        Wire.Protos.Operations.Operations.Descriptor, global::Grpc.Health.V1.Health.Descriptor, global::Grpc.Reflection.V1Alpha.ServerReflection.Descriptor,
        global::Grpc.Reflection.V1.ServerReflection.Descriptor,
    ];

    private static readonly ServiceDescriptor[] Own =
        [.. OfNoNode, Wire.Protos.PraefectInfoService.Descriptor, Wire.Protos.ServerService.Descriptor, RefTransaction.Descriptor];

    private static IEnumerable<string> Names => RpcRegistry.All.Values.Where(static m => m.Handling != RpcHandling.Refused).Select(static m => m.Service)
        .Concat(OfNoNode.Select(static service => service.FullName)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
            await responseStream.WriteAsync(await AnswerAsync(requestStream.Current, context), context.CancellationToken);
    }

    /// <summary>Answers one question.</summary>
    public async Task<ServerReflectionResponse> AnswerAsync(ServerReflectionRequest request, ServerCallContext context)
    {
        var answer = IsForNodes(request) ? await nodes.AskAsync(request, context) : null;
        if (answer is null)
        {
            var exchange = new SingleExchange<ServerReflectionRequest, ServerReflectionResponse>(request);
            await base.ServerReflectionInfo(exchange, exchange, context);
            answer = exchange.Answer;
        }

        (answer.ValidHost, answer.OriginalRequest) = (request.Host, request);
        return answer;
    }

    private static bool IsForNodes(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
            !Array.Exists(OfNoNode, service => request.FileContainingSymbol.StartsWith(service.File.Package + ".", StringComparison.Ordinal)),
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => !Array.Exists(OfNoNode, service => service.File.Name == request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension or ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType => true,
        _ => false,
    };
}
