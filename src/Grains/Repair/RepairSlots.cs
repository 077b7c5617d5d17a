using System.Collections.Concurrent;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Repair;

/// <summary>
/// Bounds the copies that this process makes to one storage at a time, over all repositories: a node that comes back to thousands of repositories gets them in
/// line and has something left for its calls. Safe for many callers.
/// </summary>
public sealed class RepairSlots(GrainOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<NodeKey, SemaphoreSlim> _targets = [];

    /// <summary>Waits for a place; dispose what comes back when the copy has ended.</summary>
    internal async Task<Slot> EnterAsync(NodeKey target, CancellationToken cancellationToken)
    {
        var places = _targets.GetOrAdd(target, static (_, bound) => new SemaphoreSlim(bound, bound), options.CopiesPerTarget);
        await places.WaitAsync(cancellationToken);
        return new Slot(places);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var places in _targets.Values)
            places.Dispose();
    }

    /// <summary>A place, to be given back.</summary>
    internal sealed class Slot(SemaphoreSlim places) : IDisposable
    {
        private SemaphoreSlim? _places = places;

        public void Dispose()
        {
            var mine = Interlocked.Exchange(ref _places, null);
            try
            {
                mine?.Release();
            }
            catch (ObjectDisposedException)
            {
                // The process ends.
            }
        }
    }
}
