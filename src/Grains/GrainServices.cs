using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;
using Praefect.Grains.Verification;

namespace Praefect.Grains;

/// <summary>Registers what the grains need.</summary>
public static class GrainServices
{
    /// <summary>
    /// Registers options, time, randomness and the process-local node directory. <see cref="INodeGateway"/> and the catalogue are the caller's to register;
    /// <see cref="NodeDirectory.StartAsync"/> is the caller's to run once the silo is up, before the first call is served.
    /// </summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public static IServiceCollection AddPraefectGrains(this IServiceCollection services, GrainOptions options)
    {
        var errors = options.Validate();
        if (!errors.IsEmpty)
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        services.AddSingleton(options);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRandomSource>(p => new SeededRandomSource(p.GetRequiredService<TimeProvider>().GetUtcNow().GetHashCode()));
        services.TryAddSingleton<GrainShutdown>();
        services.TryAddSingleton<NodeDirectory>();
        services.TryAddSingleton<RepairSlots>();
        services.TryAddSingleton<VerificationMetrics>();
        services.TryAddSingleton<INodeDirectory>(p => p.GetRequiredService<NodeDirectory>());
        return services;
    }
}
