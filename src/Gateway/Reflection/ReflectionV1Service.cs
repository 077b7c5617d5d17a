using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1;

namespace Praefect.Gateway.Reflection;

/// <summary>gRPC reflection, v1: the same messages under another name, so what crosses the wire is the same.</summary>
internal sealed class ReflectionV1Service(ReflectionService alpha) : ReflectionV1ServiceImpl([], SymbolRegistry.FromFiles([]))
{
    /// <summary>Path of its only method.</summary>
    public const string Path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

    /// <inheritdoc/>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            var answer = await alpha.AnswerAsync(global::Grpc.Reflection.V1Alpha.ServerReflectionRequest.Parser.ParseFrom(requestStream.Current.ToByteString()), context);
            await responseStream.WriteAsync(ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString()), context.CancellationToken);
        }
    }
}
