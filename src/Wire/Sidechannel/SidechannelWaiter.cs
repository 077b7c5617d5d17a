using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>One registration. Thread-safe; closing and disposing in any order and number is harmless.</summary>
public sealed class SidechannelWaiter : IAsyncDisposable
{
    private readonly SidechannelRegistry _registry;
    private readonly Func<YamuxStream, CancellationToken, Task> _callback;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SidechannelWaiter(SidechannelRegistry registry, long id, Func<YamuxStream, CancellationToken, Task> callback)
    {
        _registry = registry;
        _callback = callback;
        Id = id;

        // Whoever does not ask for the outcome does not want to hear of it through the finalizer either.
        _ = _completion.Task.ContinueWith(
            static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>The id to send to the server.</summary>
    public long Id { get; }

    /// <summary>
    /// Completes when the callback has ended; fails with its exception, or with <see cref="SidechannelException.CallbackDidNotRun"/>
    /// when the waiter was closed unused.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Takes the registration back, and waits for the callback if it is running.
    /// </summary>
    /// <returns>Whether the callback ran; false when the server never connected.</returns>
    /// <exception cref="IOException">What the callback threw, of whatever type.</exception>
    public async Task<bool> CloseAsync(CancellationToken cancellationToken)
    {
        Withdraw();
        try
        {
            await Completion.WaitAsync(cancellationToken);
            return true;
        }
        catch (SidechannelException e) when (ReferenceEquals(e, _unused))
        {
            return false;
        }
    }

    /// <summary>Takes the registration back, cancels the callback if it is running, and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        Withdraw();
        await _stop.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Fail(Exception error) => _completion.TrySetException(error);

    internal async Task RunAsync(YamuxStream stream, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken);
        try
        {
            await _callback(stream, either.Token);

            // Closed before the waiter hears of it: the end of the RPC must not overtake the end of the data.
            await stream.DisposeAsync();
            _completion.TrySetResult();
        }
        catch (Exception e)
        {
            // Handed to the one who registered.
            await stream.DisposeAsync();
            _completion.TrySetException(e);
        }
    }

    private SidechannelException? _unused;

    private void Withdraw()
    {
        if (!_registry.Remove(Id))
            return;
        _unused = new SidechannelException(SidechannelException.CallbackDidNotRun);
        _completion.TrySetException(_unused);
    }
}
