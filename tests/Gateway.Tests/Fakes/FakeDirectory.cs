using System.Collections.Immutable;
using Praefect.Grains.Nodes;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>The health of a cluster's nodes as the test has it told.</summary>
public sealed class FakeDirectory(params ImmutableArray<string> storages) : INodeDirectory
{
    private VirtualStorageView _view = new(TestCluster.VirtualStorage, 1, 1, 0, [.. storages.Select(s => new NodeHealth(s, true, default, ""))]);

    public event Action<VirtualStorageView>? Changed;

    public long Version => _view.Version;

    public VirtualStorageView? Find(string virtualStorage) => virtualStorage == _view.Name ? _view : null;

    public void Tell(string storage, bool healthy, bool silent = false)
    {
        var old = _view.Nodes.Single(n => n.Storage == storage);
        var health = new NodeHealth(storage, healthy, old.Since.AddSeconds(1), "told by the test") { Silent = silent };
        _view = _view with { Version = _view.Version + 1, Nodes = _view.Nodes.Replace(old, health) };
        Changed?.Invoke(_view);
    }

    public void Silence(string storage) => Tell(storage, healthy: false, silent: true);
}
