using System.Collections.Immutable;
using Npgsql;

namespace Praefect.Database;

/// <summary>
/// Brings a database to the state that this program needs, and says whether it is in it. Each script runs in a transaction of its own together
/// with its record, so that a failure leaves neither. Any number of migrators may run at once: they take turns, script by script.
/// </summary>
/// <param name="dataSource">The database. Its user must own the schema, or be allowed to create tables and functions in it.</param>
/// <param name="time">Clock for the recorded times.</param>
/// <param name="scripts">Other scripts than <see cref="MigrationScripts.All"/>, for tests.</param>
/// <param name="down">Other scripts than <see cref="MigrationScripts.Down"/>, for tests.</param>
/// <param name="serviceId">The service id of <c>[silo]</c>, for the scripts that write states; <c>praefect.service_id</c> in SQL.</param>
public sealed partial class Migrator(
    NpgsqlDataSource dataSource,
    TimeProvider time,
    ImmutableArray<MigrationScript>? scripts = null,
    ImmutableArray<MigrationScript>? down = null,
    string serviceId = "praefect")
{
    // Any number that nothing else locks in the same database. The lock belongs to a transaction, not to a session, so that it also holds
    // through a connection pooler that hands out a server connection per transaction.
    private const long TurnLock = 0x5052_4145_4645_4354;

    private readonly ImmutableArray<MigrationScript> _scripts = scripts ?? MigrationScripts.All;
    private readonly ImmutableArray<MigrationScript> _down = down ?? MigrationScripts.Down;

    /// <summary>Where every script stands, those that this program does not know included, ordered by id.</summary>
    public async Task<ImmutableArray<MigrationStatus>> StatusAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var applied = await MigrationHistory.ReadAsync(connection, cancellationToken);
        var known = _scripts.Select(script => !applied.TryGetValue(script.Id, out var record)
            ? new MigrationStatus(script.Id, MigrationState.Pending, AppliedAt: null)
            : new MigrationStatus(script.Id, Same(record.Checksum, script) ? MigrationState.Applied : MigrationState.Changed, record.AppliedAt));
        var unknown = applied.Where(record => !_scripts.Any(script => string.Equals(script.Id, record.Key, StringComparison.Ordinal)))
            .Select(static record => new MigrationStatus(record.Key, MigrationState.Unknown, record.Value.AppliedAt));
        return [.. known.Concat(unknown).OrderBy(static status => status.Id, StringComparer.Ordinal)];
    }

    /// <summary>Applies every pending script in order and returns how many this call applied.</summary>
    /// <param name="progress">Is told each step; null: nobody.</param>
    /// <param name="ignoreUnknown">Whether migrations of a newer program are accepted.</param>
    /// <param name="cancellationToken">Stops between or within scripts; what is applied stays applied.</param>
    /// <exception cref="DatabaseSchemaException">A recorded script has other text, or is unknown and <paramref name="ignoreUnknown"/> is false.</exception>
    /// <exception cref="PostgresException">A script failed; it left nothing behind.</exception>
    public async Task<int> MigrateAsync(IMigrationProgress? progress, bool ignoreUnknown, CancellationToken cancellationToken)
    {
        var status = await StatusAsync(cancellationToken);
        RefuseChanged(status);
        if (!ignoreUnknown && status.FirstOrDefault(static one => one.State is MigrationState.Unknown) is { } unknown)
            throw new DatabaseSchemaException($"unknown migration in database: {unknown.Id}");

        var pending = status.Where(static one => one.State is MigrationState.Pending).Select(static one => one.Id).ToHashSet(StringComparer.Ordinal);
        if (pending.Count > 0)
            progress?.Planned(pending.Count);
        var count = 0;
        foreach (var script in _scripts.Where(script => pending.Contains(script.Id)).OrderBy(static script => script.Id, StringComparer.Ordinal))
        {
            progress?.Started(script);
            if (await ApplyAsync(script, cancellationToken) is { } duration)
            {
                count++;
                progress?.Applied(script, duration);
            }
            else
            {
                progress?.Skipped(script);
            }
        }

        return count;
    }

    /// <summary>One short query: throws unless every script of this program is applied. Migrations of a newer program are accepted.</summary>
    /// <exception cref="DatabaseSchemaException">Scripts are missing or differ; the message names the command to run.</exception>
    public async Task EnsureUpToDateAsync(CancellationToken cancellationToken)
    {
        var status = await StatusAsync(cancellationToken);
        RefuseChanged(status);
        var pending = status.Count(static one => one.State is MigrationState.Pending);
        if (pending > 0)
            throw new DatabaseSchemaException($"{pending} migrations have not been run: run 'praefect sql-migrate' with this configuration, then start again");
    }

    // The time that it took; null where somebody else was first.
    private async Task<TimeSpan?> ApplyAsync(MigrationScript script, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A script may build an index for longer than the data source's command timeout, and so may whoever has the turn.
        await TakeTurnAsync(connection, cancellationToken);
        await MigrationHistory.CreateAsync(connection, cancellationToken);
        if (await MigrationHistory.ChecksumAsync(connection, script.Id, cancellationToken) is { } recorded)
        {
            if (!Same(recorded, script))
                throw Changed(script.Id);
            return null;
        }

        await using (var service = new NpgsqlCommand("SELECT set_config('praefect.service_id', $1, true)", connection) { Parameters = { new() { Value = serviceId } } })
            await service.ExecuteNonQueryAsync(cancellationToken);
        await using (var command = new NpgsqlCommand(script.Text, connection) { CommandTimeout = 0 })
            await command.ExecuteNonQueryAsync(cancellationToken);
        var duration = time.GetElapsedTime(start);
        await MigrationHistory.RecordAsync(connection, script, time.GetUtcNow(), duration, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return duration;
    }

    private static async Task TakeTurnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var turn = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { CommandTimeout = 0 };
        turn.Parameters.Add(new NpgsqlParameter { Value = TurnLock });
        await turn.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool Same(string checksum, MigrationScript script) => string.Equals(checksum, script.Checksum, StringComparison.Ordinal);

    private static void RefuseChanged(ImmutableArray<MigrationStatus> status)
    {
        if (status.FirstOrDefault(static one => one.State is MigrationState.Changed) is { } changed)
            throw Changed(changed.Id);
    }

    private static DatabaseSchemaException Changed(string id) => new(
        $"migration {id} was applied with other text than this program has: use the program that applied it or a newer one, or restore the script; an applied script is never edited");
}
