using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Timers;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded;

/// <summary>Adds the runtime to a host.</summary>
public static class EmbeddedGrainsExtensions
{
    /// <summary>
    /// Adds <see cref="IGrainFactory"/>, <see cref="IClusterClient"/> and a hosted service that opens the store at start and deactivates
    /// all grains at stop. Register it before whatever calls grains, so that it starts first and stops last.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Grains, store (memory unless one is chosen), options.</param>
    public static IServiceCollection AddEmbeddedGrains(this IServiceCollection services, Action<EmbeddedGrainsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new EmbeddedGrainsBuilder();
        configure(builder);
        services.AddSingleton(provider =>
        {
            foreach (var configuration in builder.Configurations) configuration(provider, builder.Options);
            return builder.Options;
        });
        services.AddSingleton(provider => new GrainRuntime(
            provider.GetRequiredService<EmbeddedOptions>(),
            builder.GrainTypes,
            builder.Store?.Invoke(provider) ?? new Praefect.Store.MemoryStore(),
            provider,
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance));
        services.AddSingleton<IClusterClient>(static provider => provider.GetRequiredService<GrainRuntime>().Factory);
        services.AddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<IClusterClient>());
        services.AddSingleton<IReminderRegistry>(static provider => provider.GetRequiredService<GrainRuntime>().Reminders);
        services.AddSingleton(static provider => new EmbeddedGrainRuntime(provider.GetRequiredService<GrainRuntime>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EmbeddedGrainsService>());
        return services;
    }
}
