using System.Diagnostics;
using Npgsql;

namespace Praefect.Benchmarks.Scale;

/// <summary>How many transactions a second this Postgres flushes to this disk: records that move by one generation, as a write does, triggers and all.</summary>
internal static class CommitRate
{
    private const int Connections = 32;

    private const string Write = """
        UPDATE orleans_grain_state
        SET version = version + 1, payload = jsonb_set(payload::jsonb, '{Generation}', to_jsonb((payload::jsonb ->> 'Generation')::bigint + 1))::text
        WHERE state_id = orleans_state_id('praefect', 'repository', 0, 0, 'default/' || (SELECT relative_path FROM catalogue_repositories WHERE repository_id = $1))
        """;

    /// <returns>Transactions a second, and microseconds of Postgres' CPU for each.</returns>
    public static async Task<(double PerSecond, double Microseconds)> MeasureAsync(
        NpgsqlDataSource database, int postgres, int repositories, TimeSpan time, CancellationToken cancellationToken)
    {
        await RunAsync(database, repositories, TimeSpan.FromSeconds(1), cancellationToken); // sessions, plans, pages
        var before = ProcessTree.ProcessorSeconds(postgres);
        var start = Stopwatch.GetTimestamp();
        var count = await RunAsync(database, repositories, time, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (count / seconds, (ProcessTree.ProcessorSeconds(postgres) - before) * 1_000_000 / Math.Max(1, count));
    }

    private static async Task<long> RunAsync(NpgsqlDataSource database, int repositories, TimeSpan time, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async writer =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(Write, connection);
            var id = new NpgsqlParameter<long>();
            command.Parameters.Add(id);
            var random = new Random(writer);
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(start) < time; count++)
            {
                id.TypedValue = random.NextInt64(1, repositories + 1);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            return count;
        }));
        return counts.Sum();
    }
}
