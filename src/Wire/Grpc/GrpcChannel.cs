using Google.Protobuf;

namespace Praefect.Wire.Grpc;

/// <summary>Typed calls over any HTTP/2 invoker. Cheap and thread-safe; does not own the invoker.</summary>
public sealed class GrpcChannel
{
    private readonly Func<string?>? _authorization;
    private readonly TimeProvider _time;

    /// <summary>Calls through <paramref name="invoker"/>.</summary>
    /// <param name="invoker">Sends HTTP/2 requests; the host part of their URI means nothing.</param>
    /// <param name="authorization">Value of the authorization header, asked for each call because tokens carry their time; null or a null value: none.</param>
    /// <param name="time">Clock of deadlines; null: the system's.</param>
    public GrpcChannel(HttpMessageInvoker invoker, Func<string?>? authorization = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        Invoker = invoker;
        _authorization = authorization;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The invoker, for requests that are not typed calls.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>One request, one response.</summary>
    /// <exception cref="GrpcException">The call ended with a status other than OK, or broke; DEADLINE_EXCEEDED when <see cref="GrpcCallOptions.Timeout"/> passed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, GrpcCallOptions? options, CancellationToken ct)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(parser);
        options ??= new GrpcCallOptions();
        var started = _time.GetTimestamp();
        GrpcClientMetrics.Started(path, GrpcClientMetrics.Unary);
        try
        {
            var response = await CallAsync(path, request, parser, options, ct);
            GrpcClientMetrics.Handled(path, GrpcClientMetrics.Unary, nameof(GrpcStatusCode.OK), _time.GetElapsedTime(started), sent: 1, received: 1);
            return response;
        }
        catch (Exception e)
        {
            var code = e is GrpcException { Status.Code: not GrpcStatusCode.Cancelled } failure ? failure.Status.Code.ToString() : "Canceled";
            GrpcClientMetrics.Handled(path, GrpcClientMetrics.Unary, code, _time.GetElapsedTime(started), sent: 1, received: 0);
            throw;
        }
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, GrpcCallOptions options, CancellationToken ct)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        using var content = new UnaryContent(request);
        using var deadline = new CallDeadline(options.Timeout, _time, ct);
        try
        {
            using var message = BuildRequest(path, content, options);
            using var response = await GrpcResponseMessage.SendAsync(Invoker, message, options.MaxMessageBytes, deadline.Token);
            var result = await response.ReadAsync(parser, deadline.Token)
                ?? throw new GrpcException(GrpcStatusCode.Internal, "server ended a unary call with OK but without a message") { Broken = true };
            return await response.ReadAsync(parser, deadline.Token) is null
                ? result
                : throw new GrpcException(GrpcStatusCode.Internal, "server sent more than one message in a unary call") { Broken = true };
        }
        catch (Exception e) when (GrpcFailures.NeedsTranslation(e, deadline, ct))
        {
            throw GrpcFailures.Translate(e, deadline, ct);
        }
    }

    /// <summary>Opens a call of any streaming kind. Returns at once; failures show at the first write or read.</summary>
    public GrpcClientCall<TRequest, TResponse> Open<TRequest, TResponse>(
        string path, MessageParser<TResponse> parser, GrpcCallOptions? options, CancellationToken ct)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(parser);
        options ??= new GrpcCallOptions();
        var content = new StreamingContent();
        return new GrpcClientCall<TRequest, TResponse>(
            Invoker, BuildRequest(path, content, options), content, parser, options.MaxMessageBytes, new CallDeadline(options.Timeout, _time, ct), ct);
    }

    private HttpRequestMessage BuildRequest(string path, HttpContent content, GrpcCallOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://node" + path))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (_authorization?.Invoke() is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("authorization", authorization);
        }

        if (options.Timeout is { } timeout)
        {
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(timeout));
        }

        if (options.Metadata is { } metadata)
        {
            GrpcRequestHeaders.Add(request, metadata);
        }

        return request;
    }
}
