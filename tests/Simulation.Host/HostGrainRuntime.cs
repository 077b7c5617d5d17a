using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Core;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.Timers;

namespace Praefect.Simulation.Hosting;

/// <summary>What a grain's base class asks its runtime for.</summary>
internal sealed class HostGrainRuntime(IGrainFactory grains, ITimerRegistry timers, IServiceProvider services, TimeProvider time) : IGrainRuntime
{
    public string SiloIdentity => GrainTypes.Address.ToString();

    public SiloAddress SiloAddress => GrainTypes.Address;

    public IGrainFactory GrainFactory => grains;

    public ITimerRegistry TimerRegistry => timers;

    public IServiceProvider ServiceProvider => services;

    public TimeProvider TimeProvider => time;

    public void DeactivateOnIdle(IGrainContext grainContext) =>
        grainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => ((Activation)grainContext).DelayDeactivation(timeSpan);

    public IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext) =>
        new StateStorageBridge<TGrainState>("state", grainContext, services.GetRequiredService<IGrainStorage>());
}
