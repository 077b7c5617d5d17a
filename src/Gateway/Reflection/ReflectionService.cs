using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Reflection;

/// <summary>
/// gRPC reflection, v1alpha. It names every service that can be called here; descriptors are at hand for those that the gateway answers itself, the
/// others' are the nodes' business.
/// </summary>
internal sealed class ReflectionService
{
    /// <summary>Path of its only method.</summary>
    public const string Path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private const string Health = "grpc.health.v1.Health";
    private static readonly FileDescriptor[] Roots =
    [
        ServerReflection.Descriptor, PraefectReflection.Descriptor, TransactionReflection.Descriptor, HealthReflection.Descriptor, ReflectionReflection.Descriptor,
    ];

    private readonly FrozenDictionary<string, FileDescriptor> _byName;
    private readonly FrozenDictionary<string, FileDescriptor> _bySymbol;

    public ReflectionService()
    {
        var files = Roots.SelectMany(WithDependencies).DistinctBy(static f => f.Name, StringComparer.Ordinal).ToList();
        _byName = files.ToFrozenDictionary(static f => f.Name, StringComparer.Ordinal);
        _bySymbol = files.SelectMany(static f => Symbols(f).Select(symbol => (symbol, f))).DistinctBy(static s => s.symbol, StringComparer.Ordinal)
            .ToFrozenDictionary(static s => s.symbol, static s => s.f, StringComparer.Ordinal);
    }

    public async Task AnswerAsync(
        IAsyncEnumerable<ServerReflectionRequest> requests, GrpcServerCall call, IGrpcResponseStream<ServerReflectionResponse> responses)
    {
        await foreach (var request in requests)
        {
            var response = Answer(request);
            (response.ValidHost, response.OriginalRequest) = (request.Host, request);
            await responses.WriteAsync(response, call.CancellationToken);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.ListServices => new ServerReflectionResponse { ListServicesResponse = Services() },
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => Files(_byName, request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol => Files(_bySymbol, request.FileContainingSymbol),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension => NotFound(request.FileContainingExtension.ContainingType),
        ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType => NotFound(request.AllExtensionNumbersOfType),
        _ => Error(GrpcStatusCode.InvalidArgument, "the request asks for nothing"),
    };

    private static ListServiceResponse Services()
    {
        var response = new ListServiceResponse();
        var names = RpcRegistry.All.Values.Where(static m => m.Handling != RpcHandling.Refused).Select(static m => m.Service)
            .Append(Health).Append(Path.Split('/')[1]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        response.Service.AddRange(names.Select(static name => new ServiceResponse { Name = name }));
        return response;
    }

    private static ServerReflectionResponse Files(FrozenDictionary<string, FileDescriptor> known, string key)
    {
        if (!known.TryGetValue(key, out var file))
            return NotFound(key);
        var response = new FileDescriptorResponse();
        response.FileDescriptorProto.AddRange(WithDependencies(file).DistinctBy(static f => f.Name, StringComparer.Ordinal).Select(static f => f.SerializedData));
        return new ServerReflectionResponse { FileDescriptorResponse = response };
    }

    private static IEnumerable<FileDescriptor> WithDependencies(FileDescriptor file) => file.Dependencies.SelectMany(WithDependencies).Prepend(file);

    private static IEnumerable<string> Symbols(FileDescriptor file) =>
        file.MessageTypes.SelectMany(Symbols)
            .Concat(file.EnumTypes.Select(static e => e.FullName))
            .Concat(file.Services.SelectMany(static s => s.Methods.Select(static m => m.FullName).Prepend(s.FullName)));

    private static IEnumerable<string> Symbols(MessageDescriptor message) =>
        message.NestedTypes.SelectMany(Symbols).Concat(message.EnumTypes.Select(static e => e.FullName)).Prepend(message.FullName);

    private static ServerReflectionResponse NotFound(string what) => Error(GrpcStatusCode.NotFound, $"there is no descriptor of {what} here");

    private static ServerReflectionResponse Error(GrpcStatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
