using Orleans;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded;

/// <summary>The runtime, for those who start and stop it without a host: simulations and tests.</summary>
public sealed class EmbeddedGrainRuntime
{
    private readonly GrainRuntime _runtime;

    internal EmbeddedGrainRuntime(GrainRuntime runtime) => _runtime = runtime;

    /// <summary>References to grains.</summary>
    public IGrainFactory Grains => _runtime.Factory;

    /// <summary>How many grains and observers are in memory.</summary>
    public int ActivationCount => _runtime.ActivationCount;

    /// <summary>Cancelled when the store's lock was lost: the process must stop.</summary>
    public CancellationToken StoreLost => _runtime.Store.Lost;

    /// <summary>Opens the store and takes calls.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _runtime.StartAsync(cancellationToken);

    /// <summary>Deactivates all grains; when the token is cancelled it stops without the rest of them.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _runtime.StopAsync(cancellationToken);

    /// <summary>Plays the death of the process: no hooks run, waiting calls fail, running ones may never answer.</summary>
    public void Kill() => _runtime.Kill();
}
