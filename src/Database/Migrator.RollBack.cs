using System.Collections.Immutable;
using Npgsql;

namespace Praefect.Database;

/// <content>The way back.</content>
public sealed partial class Migrator
{
    /// <summary>Ids of what would be rolled back, the newest first.</summary>
    /// <param name="count">How many at most, 1 or more.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<ImmutableArray<string>> RollBackPlanAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var status = await StatusAsync(cancellationToken);
        return [.. status.Where(static one => one.AppliedAt is not null).Select(static one => one.Id).Reverse().Take(count)];
    }

    /// <summary>Rolls migrations back, the newest first, each in a transaction of its own, and returns how many this call rolled back.</summary>
    /// <param name="count">How many at most, 1 or more.</param>
    /// <param name="cancellationToken">Stops between or within scripts; what is rolled back stays so.</param>
    /// <exception cref="DatabaseSchemaException">One of them has no way back, or none that this program knows. Nothing was changed.</exception>
    /// <exception cref="PostgresException">A script failed; it left nothing changed.</exception>
    public async Task<int> RollBackAsync(int count, CancellationToken cancellationToken)
    {
        var plan = await RollBackPlanAsync(count, cancellationToken);
        var steps = plan.Select(id => _down.FirstOrDefault(script => string.Equals(script.Id, id, StringComparison.Ordinal))
            ?? throw new DatabaseSchemaException($"migration {id} cannot be rolled back by this program: use the program that applied it, or restore a backup made before it")).ToList();
        var done = 0;
        foreach (var script in steps)
            done += await RollBackAsync(script, cancellationToken) ? 1 : 0;
        return done;
    }

    private async Task<bool> RollBackAsync(MigrationScript script, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await TakeTurnAsync(connection, cancellationToken);
        if (!await MigrationHistory.ForgetAsync(connection, script.Id, cancellationToken))
            return false;
        await using (var command = new NpgsqlCommand(script.Text, connection) { CommandTimeout = 0 })
            await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
