using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Store;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>The store of a single machine answers, and takes writes: a full or read-only disk does not. One small state of its own is rewritten.</summary>
internal sealed class StoreCheck(IGrainStore store) : IHealthCheck
{
    private static readonly StateKey Own = new("readiness", "check", "written");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var before = await store.ReadStateAsync(Own, cancellationToken);
        try
        {
            await store.WriteStateAsync(Own, "{}", before?.Version, cancellationToken);
        }
        catch (StoreConflictException)
        {
            // Another check wrote in between: it could.
        }

        return HealthCheckResult.Healthy();
    }
}
