using Orleans.Placement;

namespace Orleans.Concurrency;

/// <summary>A grain class without identity that may run several times. This runtime gives it one activation.</summary>
public sealed class StatelessWorkerAttribute : PlacementAttribute
{
    /// <summary>As many activations as the runtime likes.</summary>
    public StatelessWorkerAttribute() { }

    /// <summary>At most this many activations.</summary>
    public StatelessWorkerAttribute(int maxLocalWorkers) => MaxLocalWorkers = maxLocalWorkers;

    /// <summary>The wanted upper bound; 0 when none was given.</summary>
    public int MaxLocalWorkers { get; }
}
