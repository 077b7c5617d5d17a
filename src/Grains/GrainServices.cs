using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;
using Praefect.Grains.Verification;

namespace Praefect.Grains;

/// <summary>Registers what the grains need.</summary>
public static class GrainServices
{
    /// <summary>
    /// Registers options, time, randomness and the process-local node directory. The options are the host's to configure, and are validated when it starts.
    /// <see cref="INodeGateway"/> and the catalogue are the caller's to register; <see cref="NodeDirectory.StartAsync"/> is the caller's to run once the silo is
    /// up, before the first call is served.
    /// </summary>
    public static IServiceCollection AddPraefectGrains(this IServiceCollection services)
    {
        services.AddOptions<GrainOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GrainOptions>, GrainOptionsValidator>());
        return AddServices(services);
    }

    /// <summary>The same with options at hand.</summary>
    /// <exception cref="OptionsValidationException">The options are wrong; every mistake is named.</exception>
    public static IServiceCollection AddPraefectGrains(this IServiceCollection services, GrainOptions options)
    {
        var checkedNow = new GrainOptionsValidator().Validate(name: null, options);
        if (checkedNow.Failed)
            throw new OptionsValidationException(nameof(GrainOptions), typeof(GrainOptions), checkedNow.Failures);
        return AddServices(services.AddSingleton(Options.Create(options)));
    }

    private static IServiceCollection AddServices(IServiceCollection services)
    {
        services.TryAddSingleton(static p => p.GetRequiredService<IOptions<GrainOptions>>().Value);
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
