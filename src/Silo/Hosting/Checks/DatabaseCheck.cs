using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>The database answers, and takes writes: a standby, or a user without the right to write, does not. What is written is taken back.</summary>
internal sealed class DatabaseCheck(DatabaseOptions database) : IHealthCheck
{
    private const string Write = "INSERT INTO catalogue_verifications (repository_id, storage, leased_until) VALUES (0, 'readiness check', now())";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var source = Databases.Open(database);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using (var read = new NpgsqlCommand("SELECT count(*) FROM catalogue_repositories WHERE repository_id = 0", connection))
            await read.ExecuteScalarAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var write = new NpgsqlCommand(Write, connection, transaction);
            await write.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            return HealthCheckResult.Unhealthy($"error writing: {e.MessageText}");
        }

        await transaction.RollbackAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
