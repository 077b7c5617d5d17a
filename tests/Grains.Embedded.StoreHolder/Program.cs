using Npgsql;
using Praefect.Store;

// A second process for the tests of the exclusive lock: opens a store, says "open" or the error, writes one state, and waits to be killed.
await using var dataSource = args[0] == "postgres" ? NpgsqlDataSource.Create(args[1]) : null;
await using IGrainStore store = dataSource is null
    ? new SqliteStore(new SqliteStoreOptions { Path = args[1] })
    : new PostgresStore(dataSource, new PostgresStoreOptions());
try
{
    await store.OpenAsync(CancellationToken.None);
}
catch (StoreLockedException error)
{
    Console.WriteLine(error.Message);
    return 3;
}

await store.WriteStateAsync(new StateKey("holder", "a", "s"), "\"written\"", null, CancellationToken.None);
Console.WriteLine("open");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
return 0;
