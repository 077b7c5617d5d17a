using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;

namespace Praefect.Gateway.Nodes;

/// <summary>
/// Gives up the connection for writes to a node that has become silent (stopped, frozen, cut off without a word), which no call on it would notice before its
/// deadline; reads that wait for its first answer are told, too, and ask another replica. Its calls end as those on a killed node do: the others decide about
/// a secondary's write, a primary's is told to be lost. A node that says that it does not serve is left alone, as it may be finishing its calls, and so are
/// all nodes while none is healthy: most likely it is the prober that is cut off then, and there is nobody to go on with.
/// </summary>
internal sealed partial class SilentNodes(
    NodeTable table, IEnumerable<INodeDirectory> directories, GatewayOptions options, TimeProvider time, ILogger<SilentNodes> logger) : BackgroundService
{
    // For so long a call may still come by a route of somebody who had not heard of the silence yet.
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_repeat = TimeSpan.FromSeconds(1);
    private readonly Dictionary<NodeKey, (DateTimeOffset Since, long At)> _givenUp = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (directories.FirstOrDefault() is not { } directory)
            return;
        directory.Changed += Note;
        try
        {
            while (true)
            {
                var changed = Volatile.Read(ref _changed).Task;
                var again = await LookAsync(directory);
                await WaitAsync(changed, again ? s_repeat : Timeout.InfiniteTimeSpan, stoppingToken);
            }
        }
        finally
        {
            directory.Changed -= Note;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(VirtualStorageView view) => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private async Task WaitAsync(Task changed, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    private async Task<bool> LookAsync(INodeDirectory directory)
    {
        var again = false;
        foreach (var nodes in table.VirtualStorages)
        {
            if (directory.Find(nodes.Name) is not { } view)
                continue;
            var somebodyServes = view.Nodes.Any(n => n.Healthy);
            foreach (var health in view.Nodes)
            {
                if (nodes.TryGet(health.Storage, out var node))
                    again |= await LookAsync(node, health, health.Silent && somebodyServes);
            }
        }

        return again;
    }

    /// <returns>Whether to look at it again in a moment.</returns>
    private async Task<bool> LookAsync(GatewayNode node, NodeHealth health, bool silent)
    {
        if (!silent)
        {
            _givenUp.Remove(node.Key);
            return false;
        }

        if (!_givenUp.TryGetValue(node.Key, out var last) || last.Since != health.Since)
        {
            LogSilent(logger, node.Key.VirtualStorage, node.Storage, health.Reason);
            _givenUp[node.Key] = last = (health.Since, time.GetTimestamp());
        }
        else if (time.GetElapsedTime(last.At) > s_late)
        {
            return false;
        }

        // Ahead of the calls' end, so that nobody is routed there by what follows it.
        node.AvoidUntil(time.GetTimestamp() + (long)(options.AvoidFor.TotalSeconds * time.TimestampFrequency));
        await node.Connection.DropMultiplexedAsync();
        await node.FallSilentAsync();
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "node is silent, its writes are given up: virtual_storage={VirtualStorage} storage={Storage} reason={Reason}")]
    private static partial void LogSilent(ILogger logger, string virtualStorage, string storage, string reason);
}
