using System.Runtime.CompilerServices;
using Google.Protobuf;
using Praefect.Wire.Grpc;

namespace Praefect.Silo.Hosting;

/// <summary>Calls of one request and many responses.</summary>
internal static class ServerStreams
{
    /// <summary>Makes the call and reads its answers as they come.</summary>
    /// <exception cref="GrpcException">It ended with an error.</exception>
    public static async IAsyncEnumerable<TResponse> ServerStreamAsync<TRequest, TResponse>(
        this GrpcChannel channel, string path, TRequest request, MessageParser<TResponse> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        await using var call = channel.Open<TRequest, TResponse>(path, parser, options: null, cancellationToken);
        await call.SendOnlyAsync(request, cancellationToken);
        await foreach (var response in call.ReadAllAsync(cancellationToken))
            yield return response;
    }
}
