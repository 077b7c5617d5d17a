using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Gateway.Checks;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>The health checks of the process: whether it lives, whether it can route, and whether its store is in order.</summary>
internal static class HealthSetup
{
    private const string Store = "database read/write";
    private const string Migrations = "praefect migrations";

    public static void Add(IServiceCollection services, PraefectOptions options)
    {
        var checks = services.AddHealthChecks()
            // It answers: that is all there is to it.
            .AddCheck("process", static () => HealthCheckResult.Healthy(), [HealthTags.Live])
            .AddCheck<RoutingCheck>("routing", tags: [HealthTags.Ready]);
        if (options.Database is { } database)
        {
            checks.Add(new HealthCheckRegistration(Store, _ => new DatabaseCheck(database), failureStatus: null, [HealthTags.Installation]));
            checks.Add(new HealthCheckRegistration(
                Migrations, provider => new MigrationsCheck(database, provider.GetRequiredService<TimeProvider>()), failureStatus: null, [HealthTags.Installation]));
        }
        else
            checks.AddCheck<StoreCheck>(Store, tags: [HealthTags.Installation]);
    }
}
