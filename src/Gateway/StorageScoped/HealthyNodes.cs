using System.Collections.Concurrent;
using System.Collections.Immutable;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Nodes;

namespace Praefect.Gateway.StorageScoped;

/// <summary>The healthy storages of a virtual storage, for calls that no repository decides about; at most a second old.</summary>
internal sealed class HealthyNodes(IGatewayGrains grains, GatewayOptions options, TimeProvider time)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, (VirtualStorageView View, long At)> _views = new(StringComparer.Ordinal);

    /// <summary>Healthy storages in the order of the configuration; while the grain cannot be reached those of the last view, or all.</summary>
    public async ValueTask<ImmutableArray<string>> StoragesAsync(VirtualStorageNodes nodes, CancellationToken cancellationToken)
    {
        if (await ViewAsync(nodes.Name, cancellationToken) is not { } view)
            return [.. nodes.All.Select(n => n.Storage)];
        return [.. view.Nodes.Where(n => n.Healthy).Select(n => n.Storage)];
    }

    /// <summary>The snapshot; null while the grain cannot be reached and never was.</summary>
    public async ValueTask<VirtualStorageView?> ViewAsync(string virtualStorage, CancellationToken cancellationToken)
    {
        var known = _views.TryGetValue(virtualStorage, out var entry);
        if (known && time.GetElapsedTime(entry.At) < s_fresh)
            return entry.View;
        try
        {
            var view = await grains.VirtualStorage(virtualStorage).GetAsync(cancellationToken).WaitAsync(options.RouteTimeout, time, cancellationToken);
            _views[virtualStorage] = (view, time.GetTimestamp());
            return view;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not Praefect.Grains.Routing.RouteException)
        {
            return known ? entry.View : null;
        }
    }
}
