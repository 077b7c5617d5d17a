using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Praefect.Simulation.Hosting;

/// <summary>Registers a simulated host of grains.</summary>
public static class GrainHostServices
{
    /// <summary>
    /// Adds a <see cref="GrainHost"/> of all grain classes that this process refers to. <see cref="TimeProvider"/>, loggers, grain storage and
    /// <see cref="IReminderTable"/> are the caller's to register; Orleans' own options say how it behaves.
    /// </summary>
    public static IServiceCollection AddGrainHost(this IServiceCollection services, ITurnScheduler scheduler)
    {
        services.AddOptions();
        services.AddSingleton(scheduler);
        OrleansParts.Instance.AddTo(services);
        services.AddSingleton<GrainHost>();
        services.AddSingleton(static p => p.GetRequiredService<GrainHost>().Grains);
        services.AddSingleton<Reminders>();
        services.AddSingleton<IReminderRegistry>(static p => p.GetRequiredService<Reminders>());
        services.AddSingleton<ITimerRegistry, GrainTimers>();
        services.AddSingleton<IGrainRuntime, HostGrainRuntime>();
        return services;
    }
}
