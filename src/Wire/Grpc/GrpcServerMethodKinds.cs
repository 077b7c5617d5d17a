using Google.Protobuf;

namespace Praefect.Wire.Grpc;

internal sealed class UnaryServerMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<TRequest, GrpcServerCall, Task<TResponse>> handler, GrpcServerSettings settings)
    : GrpcServerMethod<TRequest, TResponse>(path, parser, settings)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(GrpcRequestReader<TRequest> requests, GrpcResponseWriter<TResponse> responses, GrpcServerCall call) =>
        responses.Put(await handler(await ReadOnlyRequestAsync(requests, call), call));
}

internal sealed class ServerStreamServerMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<TRequest, GrpcServerCall, IGrpcResponseStream<TResponse>, Task> handler, GrpcServerSettings settings)
    : GrpcServerMethod<TRequest, TResponse>(path, parser, settings)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(GrpcRequestReader<TRequest> requests, GrpcResponseWriter<TResponse> responses, GrpcServerCall call) =>
        await handler(await ReadOnlyRequestAsync(requests, call), call, responses);
}

internal sealed class ClientStreamServerMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, GrpcServerCall, Task<TResponse>> handler, GrpcServerSettings settings)
    : GrpcServerMethod<TRequest, TResponse>(path, parser, settings)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override async Task HandleAsync(GrpcRequestReader<TRequest> requests, GrpcResponseWriter<TResponse> responses, GrpcServerCall call) =>
        responses.Put(await handler(ReadAllAsync(requests, call), call));
}

internal sealed class DuplexServerMethod<TRequest, TResponse>(
    string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, GrpcServerCall, IGrpcResponseStream<TResponse>, Task> handler, GrpcServerSettings settings)
    : GrpcServerMethod<TRequest, TResponse>(path, parser, settings)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    protected override Task HandleAsync(GrpcRequestReader<TRequest> requests, GrpcResponseWriter<TResponse> responses, GrpcServerCall call) =>
        handler(ReadAllAsync(requests, call), call, responses);
}
