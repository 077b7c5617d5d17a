using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;

namespace Orleans;

/// <summary>Base class of grains: one turn at a time, awaits stay in turn.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>For derived classes; only the runtime may construct grains that use it.</summary>
    protected Grain() => GrainContext = Activation.UnderConstruction;

    /// <summary>For tests that construct a grain by hand with a context of their own.</summary>
    protected Grain(IGrainContext? grainContext) => GrainContext = grainContext;

    /// <summary>The activation; null only in a grain that was constructed by hand.</summary>
    [AllowNull]
    public IGrainContext GrainContext { get; }

    /// <summary>A reference to this grain.</summary>
    public GrainReference GrainReference => Context.GrainReference;

    /// <summary>The identity as text.</summary>
    public string IdentityString => Context.GrainId.ToString();

    /// <summary>References to other grains.</summary>
    protected IGrainFactory GrainFactory => ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>Services with the lifetime of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => Context.ActivationServices;

    private IGrainContext Context =>
        GrainContext ?? throw new InvalidOperationException("The grain was constructed by hand: only the runtime gives it a context.");

    /// <summary>Runs after the persistent state was read and before the first call. A failure reaches the caller; the next call tries again.</summary>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last call. Not run when the process dies.</summary>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops this activation once no call is under way.</summary>
    protected void DeactivateOnIdle() => this.DeactivateGrainOnIdle();

    /// <summary>Keeps the activation for at least this long, called or not. A negative or zero time takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => ((Activation)Context).DelayDeactivation(timeSpan);
}
