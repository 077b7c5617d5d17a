using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Database;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>Every script that this program needs has been run on the database.</summary>
internal sealed class MigrationsCheck(DatabaseOptions database, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var source = Databases.Open(database);
        var pending = (await new Migrator(source, time).StatusAsync(cancellationToken)).Count(static script => script.State is MigrationState.Pending);
        return pending == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"{pending} migrations have not been run");
    }
}
