using Orleans.Runtime;
using Praefect.Store;

namespace Praefect.Grains.Embedded.State;

/// <summary>Grain ids as the store names them.</summary>
internal static class StoreKeys
{
    /// <summary>The key of a state or reminder of a grain.</summary>
    internal static StateKey KeyOf(this GrainId grain, string name) => new(grain.Type.ToString(), grain.Key.ToString()!, name);

    /// <summary>The grain of a key.</summary>
    internal static GrainId GrainOf(this StateKey key) => GrainId.Create(key.GrainType, key.GrainKey);
}
