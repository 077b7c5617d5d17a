using Grpc.Core;

namespace Praefect.Gateway.Reflection;

/// <summary>A stream of one request and the one response to it: what a streaming service is asked where a single answer is wanted.</summary>
internal sealed class SingleExchange<TRequest, TResponse>(TRequest request) : IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>
    where TResponse : class
{
    private TResponse? _answer;
    private bool _read;

    public TRequest Current => request;

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>What was answered.</summary>
    public TResponse Answer => _answer ?? throw new InvalidOperationException("the request was not answered");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        var first = !_read;
        _read = true;
        return Task.FromResult(first);
    }

    public Task WriteAsync(TResponse message)
    {
        _answer = message;
        return Task.CompletedTask;
    }
}
