using Npgsql;
using Praefect.Store;
using Praefect.Grains.Embedded.Tests.Calls;
using Praefect.Tests.Shared;

namespace Praefect.Grains.Embedded.Tests.Storage;

public sealed class PostgresStoreTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task It_keeps_versions_and_reminders_and_lets_one_writer_win()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.NewDatabaseAsync());
        await using var store = new PostgresStore(database, new PostgresStoreOptions());
        await store.OpenAsync(CancellationToken.None);
        await StoreSuite.KeepsVersionsAsync(store);
        await StoreSuite.KeepsRemindersAsync(store);
        await StoreSuite.LetsOneWriterWinAsync(store);
    }

    [PostgresFact]
    public async Task Grain_state_outlives_the_runtime_at_one_statement_a_write()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.NewDatabaseAsync());
        await using (var runtime = await TestRuntime.StartAsync(new PostgresStore(database, new PostgresStoreOptions())))
        {
            await runtime.Grains.GetGrain<ICounterGrain>("a").Add(4);
            using var statements = new StatementCounter("postgres");
            await runtime.Grains.GetGrain<ICounterGrain>("a").Add(4);
            await runtime.Grains.GetGrain<ICounterGrain>("a").Get();
            Assert.Equal(1, statements["write"]);
            Assert.Equal(0, statements["read"]);
        }

        await using var second = await TestRuntime.StartAsync(new PostgresStore(database, new PostgresStoreOptions()));
        Assert.Equal(8, await second.Grains.GetGrain<ICounterGrain>("a").Get());
    }

    [PostgresFact]
    public async Task A_second_process_gets_a_clear_error_until_the_first_is_killed()
    {
        var connectionString = await postgres.NewDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(connectionString);
        using var holder = await StoreHolder.StartAsync("postgres", connectionString);
        Assert.Equal("open", holder.Said);
        await using var store = new PostgresStore(database, new PostgresStoreOptions());
        var error = await Assert.ThrowsAsync<StoreLockedException>(() => store.OpenAsync(CancellationToken.None));
        Assert.Contains("in use by another process", error.Message, StringComparison.Ordinal);
        await holder.KillAsync();
        // The server notices the closed connection in its own time.
        for (var deadline = DateTime.UtcNow.AddSeconds(10); ;)
        {
            try
            {
                await store.OpenAsync(CancellationToken.None);
                break;
            }
            catch (StoreLockedException) when (DateTime.UtcNow < deadline)
            {
                await Task.Delay(20);
            }
        }
    }

    [PostgresFact]
    public async Task A_lost_lock_is_told_and_nothing_more_is_written()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.NewDatabaseAsync());
        await using var store = new PostgresStore(database, new PostgresStoreOptions());
        await store.OpenAsync(CancellationToken.None);
        var lost = new TaskCompletionSource();
        await using var registration = store.Lost.Register(() => lost.TrySetResult());
        await using (var command = database.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await lost.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<StoreLockedException>(() => store.WriteStateAsync(
            new StateKey("a", "b", "s"), "{}", null, CancellationToken.None));
    }
}
