namespace Praefect.Store.Tests;

[Collection("sqlite")]
public sealed class SqliteStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("grain-store");

    private string FilePath => Path.Combine(_folder.FullName, "sub", "grains.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_keeps_versions_and_reminders_and_lets_one_writer_win()
    {
        await using var store = await OpenAsync();
        await StoreSuite.KeepsVersionsAsync(store);
        await StoreSuite.KeepsRemindersAsync(store);
        await StoreSuite.LetsOneWriterWinAsync(store);
    }

    [Fact]
    public async Task Writes_that_come_together_share_transactions()
    {
        await using var store = await OpenAsync();
        using var counter = new StatementCounter();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => store.WriteStateAsync(Key(i), "{}", null, CancellationToken.None)));
        Assert.Equal(500, counter["write"]);
        Assert.InRange(counter["transaction"], 2, 250);
    }

    [Fact]
    public async Task A_second_process_gets_a_clear_error_until_the_first_is_killed()
    {
        using var holder = await StoreHolder.StartAsync(FilePath);
        Assert.Equal("open", holder.Said);
        var store = new SqliteStore(new SqliteStoreOptions { Path = FilePath });
        var error = await Assert.ThrowsAsync<StoreLockedException>(() => store.OpenAsync(CancellationToken.None));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {holder.ProcessId}", error.Message, StringComparison.Ordinal);
        await holder.KillAsync();
        await store.OpenAsync(CancellationToken.None);
        var left = await store.ReadStateAsync(new StateKey("holder", "a", "s"), CancellationToken.None);
        Assert.Equal(new StoredState("\"written\"", 1), left);
        using var second = await StoreHolder.StartAsync(FilePath);
        Assert.Contains("in use by another process", second.Said, StringComparison.Ordinal);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await using (await OpenAsync("UPDATE grain_store_schema SET version = 99")) { }

        await Assert.ThrowsAsync<StoreSchemaException>(async () => await (await OpenAsync()).DisposeAsync());
    }

    [Fact]
    public async Task A_failed_write_fails_and_the_next_one_works()
    {
        await using var store = await OpenAsync("CREATE TRIGGER IF NOT EXISTS no BEFORE INSERT ON grain_state WHEN NEW.grain_key = 'no' BEGIN SELECT RAISE(ABORT, 'no room'); END");
        var error = await Assert.ThrowsAnyAsync<Exception>(() => store.WriteStateAsync(new StateKey("t", "no", "s"), "{}", null, CancellationToken.None));
        Assert.Contains("no room", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await store.WriteStateAsync(Key(1), "{}", null, CancellationToken.None));
    }

    private static StateKey Key(int i) => new("t", $"k{i}", "s");

    private async Task<SqliteStore> OpenAsync(params string[] scripts)
    {
        var store = new SqliteStore(new SqliteStoreOptions { Path = FilePath, SchemaScripts = scripts });
        await store.OpenAsync(CancellationToken.None);
        return store;
    }
}
