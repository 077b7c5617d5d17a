using System.Collections.Concurrent;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Accessors;

/// <summary>
/// The last route seen of each repository, for reads while the grains cannot be reached. Bounded: two generations, of which the older one is dropped
/// when the younger is half of the bound, so that what is in use stays.
/// </summary>
internal sealed class RouteMemory(GatewayOptions options)
{
    private readonly int _generation = Math.Max(1, options.RememberedRoutes / 2);
    private readonly bool _on = options.RememberedRoutes > 0;
    private readonly Lock _turn = new();
    private volatile ConcurrentDictionary<(RepositoryKey, bool), AccessorRoute> _young = new();
    private volatile ConcurrentDictionary<(RepositoryKey, bool), AccessorRoute> _old = new();
    private int _count;

    public void Remember(RepositoryKey key, bool forced, AccessorRoute route)
    {
        if (!_on)
            return;
        if (!_young.TryAdd((key, forced), route))
        {
            _young[(key, forced)] = route;
            return;
        }

        if (Interlocked.Increment(ref _count) >= _generation)
            Turn();
    }

    public AccessorRoute? Recall(RepositoryKey key, bool forced) =>
        _young.TryGetValue((key, forced), out var route) || _old.TryGetValue((key, forced), out route) ? route : null;

    /// <summary>The repository is gone or was never there.</summary>
    public void Forget(RepositoryKey key)
    {
        foreach (var forced in (ReadOnlySpan<bool>)[false, true])
        {
            _young.TryRemove((key, forced), out _);
            _old.TryRemove((key, forced), out _);
        }
    }

    private void Turn()
    {
        lock (_turn)
        {
            if (_count < _generation)
                return;
            _old = _young;
            _young = new ConcurrentDictionary<(RepositoryKey, bool), AccessorRoute>();
            _count = 0;
        }
    }
}
