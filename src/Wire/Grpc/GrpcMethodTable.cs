using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Praefect.Wire.Grpc;

/// <summary>The methods that a process serves itself, by path. Filled at start, read-only afterwards.</summary>
public sealed class GrpcMethodTable
{
    private readonly Dictionary<string, GrpcServerMethod> _methods = new(StringComparer.Ordinal);
    private readonly GrpcServerSettings _settings;

    /// <summary>An empty table.</summary>
    /// <param name="time">Clock of deadlines; null: the system's.</param>
    /// <param name="maxMessageBytes">The largest request message accepted; larger ones get RESOURCE_EXHAUSTED.</param>
    /// <param name="logger">Told of handlers that fail with anything but a status; null: nobody is.</param>
    public GrpcMethodTable(TimeProvider? time = null, int maxMessageBytes = GrpcCallOptions.DefaultMaxMessageBytes, ILogger? logger = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxMessageBytes);
        _settings = new GrpcServerSettings(time ?? TimeProvider.System, maxMessageBytes, logger ?? NullLogger.Instance);
    }

    /// <summary>The paths of all methods.</summary>
    public IEnumerable<string> Paths => _methods.Keys;

    /// <summary>Adds a method of one request and one response.</summary>
    public GrpcMethodTable Unary<TRequest, TResponse>(string path, MessageParser<TRequest> parser, Func<TRequest, GrpcServerCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(path, new UnaryServerMethod<TRequest, TResponse>(path, parser, handler, _settings));

    /// <summary>Adds a method of one request and a stream of responses.</summary>
    public GrpcMethodTable ServerStream<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<TRequest, GrpcServerCall, IGrpcResponseStream<TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(path, new ServerStreamServerMethod<TRequest, TResponse>(path, parser, handler, _settings));

    /// <summary>Adds a method of a stream of requests and one response. The handler need not read them all.</summary>
    public GrpcMethodTable ClientStream<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, GrpcServerCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(path, new ClientStreamServerMethod<TRequest, TResponse>(path, parser, handler, _settings));

    /// <summary>Adds a method of streams both ways.</summary>
    public GrpcMethodTable Duplex<TRequest, TResponse>(
        string path, MessageParser<TRequest> parser, Func<IAsyncEnumerable<TRequest>, GrpcServerCall, IGrpcResponseStream<TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(path, new DuplexServerMethod<TRequest, TResponse>(path, parser, handler, _settings));

    /// <summary>Looks a method up; case matters.</summary>
    public bool TryFind(string path, [NotNullWhen(true)] out GrpcServerMethod? method) => _methods.TryGetValue(path, out method);

    private GrpcMethodTable Add(string path, GrpcServerMethod method)
    {
        if (!_methods.TryAdd(path, method))
        {
            throw new ArgumentException($"method {path} is registered twice", nameof(path));
        }

        return this;
    }
}
