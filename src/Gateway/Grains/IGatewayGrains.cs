using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Grains;

/// <summary>The grains that the gateway calls. The one seam between gateway and grains.</summary>
public interface IGatewayGrains
{
    /// <summary>The grain of a repository, whether it exists or not.</summary>
    IRepositoryGrain Repository(RepositoryKey key);

    /// <summary>The grain of a storage node.</summary>
    IStorageNodeGrain Node(NodeKey key);

    /// <summary>The grain of a virtual storage.</summary>
    IVirtualStorageGrain VirtualStorage(string name);

    /// <summary>The grain that hands out repository ids.</summary>
    IRepositoryIdGrain RepositoryId();
}

/// <summary>Takes the grains from the runtime.</summary>
internal sealed class RuntimeGrains(IGrainFactory factory) : IGatewayGrains
{
    public IRepositoryGrain Repository(RepositoryKey key) => factory.GetGrain<IRepositoryGrain>(key.ToString());

    public IStorageNodeGrain Node(NodeKey key) => factory.GetGrain<IStorageNodeGrain>(key.ToString());

    public IVirtualStorageGrain VirtualStorage(string name) => factory.GetGrain<IVirtualStorageGrain>(name);

    public IRepositoryIdGrain RepositoryId() => factory.GetGrain<IRepositoryIdGrain>(0);
}
