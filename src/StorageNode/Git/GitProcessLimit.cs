using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Git;

/// <summary>
/// Bounds the git processes of a node. A process that waits for the vote of its transaction keeps its place, and so do its peers on
/// other nodes: were the wait for a place unbounded, two nodes full of such processes could wait for each other until their votes
/// time out. Hence the wait ends after <see cref="MaxWait"/> with an error.
/// </summary>
public sealed class GitProcessLimit : IDisposable
{
    /// <summary>Processes that may wait for a place.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>How long a process may wait for a place.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _places;
    private readonly int _limit;
    private int _waiting;

    /// <param name="limit">Processes at once, at least 1.</param>
    public GitProcessLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _limit = limit;
        _places = new SemaphoreSlim(limit, limit);
    }

    /// <summary>Room for voters that wait for their peers, on top of what the processors can run.</summary>
    public static int Default => (2 * System.Environment.ProcessorCount) + 64;

    /// <summary>Takes a place; disposing the result gives it back.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (!await _places.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            await QueueAsync(cancellationToken);
        }

        return new Place(_places);
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private async Task QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting || !await _places.WaitAsync(MaxWait, cancellationToken))
            {
                throw new GrpcException(new GrpcStatus(GrpcStatusCode.ResourceExhausted, $"all {_limit} git processes of this node are busy, try again later"));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                places.Release();
            }
        }
    }
}
