using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Grpc;

namespace Praefect.Tests.Shared;

/// <summary>Methods by path that Grpc.AspNetCore serves as a test says, without a class for each service. Unary and server streaming, client streaming and both.</summary>
public sealed class ScriptedMethods
{
    private readonly ServerServiceDefinition.Builder _definition = ServerServiceDefinition.CreateBuilder();

    public ScriptedMethods Unary<TRequest, TResponse>(string path, MessageParser<TRequest> parser, Func<TRequest, ServerCallContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        _definition.AddMethod(Method<TRequest, TResponse>(MethodType.Unary, path, parser), (request, call) => handler(request, call));
        return this;
    }

    public ScriptedMethods ServerStream<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<TRequest, ServerCallContext, IServerStreamWriter<TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        _definition.AddMethod(Method<TRequest, TResponse>(MethodType.ServerStreaming, path, parser), (request, responses, call) => handler(request, call, responses));
        return this;
    }

    public ScriptedMethods ClientStream<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, ServerCallContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        _definition.AddMethod(Method<TRequest, TResponse>(MethodType.ClientStreaming, path, parser), (requests, call) => handler(requests.ReadAllAsync(call.CancellationToken), call));
        return this;
    }

    public ScriptedMethods Duplex<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, ServerCallContext, IServerStreamWriter<TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        _definition.AddMethod(
            Method<TRequest, TResponse>(MethodType.DuplexStreaming, path, parser), (requests, responses, call) => handler(requests.ReadAllAsync(call.CancellationToken), call, responses));
        return this;
    }

    /// <summary>Ends a chain of middleware; what is not scripted is unimplemented. The host has <see cref="GrpcServing.AddGrpcServing"/>.</summary>
    public void Serve(IApplicationBuilder app, bool health = false) => app.UseGrpcServing(
        endpoints =>
        {
            endpoints.MapGrpcService(_definition.Build());
            if (health)
                endpoints.MapGrpcHealthChecksService();
        },
        static http => GrpcResponses.WriteStatusAsync(http, new GrpcStatus(GrpcStatusCode.Unimplemented, "unknown method")));

    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(MethodType type, string path, MessageParser<TRequest> parser)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        var slash = path.LastIndexOf('/');
        return new Method<TRequest, TResponse>(type, path[1..slash], path[(slash + 1)..], Marshaller(parser), Marshaller(new MessageParser<TResponse>(static () => new TResponse())));
    }

    private static Marshaller<T> Marshaller<T>(MessageParser<T> parser)
        where T : class, IMessage<T> =>
        Marshallers.Create(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
