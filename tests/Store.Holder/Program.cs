using Praefect.Store;

// A second process for the tests of the exclusive lock: opens a store, says "open" or the error, writes one state, and waits to be killed.
await using var store = new SqliteStore(new SqliteStoreOptions { Path = args[0] });
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
