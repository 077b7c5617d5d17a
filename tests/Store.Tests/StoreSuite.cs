namespace Praefect.Store.Tests;

/// <summary>What every store must do; run by the tests of each.</summary>
internal static class StoreSuite
{
    internal static async Task KeepsVersionsAsync(IGrainStore store)
    {
        var key = new StateKey("repository", "storage/päth:1", "state");
        Assert.Null(await store.ReadStateAsync(key, CancellationToken.None));
        Assert.Equal(1, await store.WriteStateAsync(key, """{"a":"ä"}""", null, CancellationToken.None));
        Assert.Equal(new StoredState("""{"a":"ä"}""", 1), await store.ReadStateAsync(key, CancellationToken.None));
        await Assert.ThrowsAsync<StoreConflictException>(() => store.WriteStateAsync(key, "{}", null, CancellationToken.None));
        Assert.Equal(2, await store.WriteStateAsync(key, "{}", 1, CancellationToken.None));
        await Assert.ThrowsAsync<StoreConflictException>(() => store.WriteStateAsync(key, "{}", 1, CancellationToken.None));
        Assert.Equal(3, await store.ClearStateAsync(key, 2, CancellationToken.None));
        Assert.Equal(new StoredState(null, 3), await store.ReadStateAsync(key, CancellationToken.None));
        await Assert.ThrowsAsync<StoreConflictException>(() => store.ClearStateAsync(key, 2, CancellationToken.None));
        Assert.Equal(4, await store.WriteStateAsync(key, "{}", 3, CancellationToken.None));
    }

    internal static async Task KeepsRemindersAsync(IGrainStore store)
    {
        var key = new StateKey("node", "a/b", "beat");
        var start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123);
        await store.WriteReminderAsync(new StoredReminder(key, start, TimeSpan.FromMinutes(1)), CancellationToken.None);
        var changed = new StoredReminder(key, start, TimeSpan.FromMinutes(2));
        await store.WriteReminderAsync(changed, CancellationToken.None);
        Assert.Equal([changed], await store.ReadRemindersAsync(CancellationToken.None));
        await store.DeleteReminderAsync(key, CancellationToken.None);
        await store.DeleteReminderAsync(key, CancellationToken.None);
        Assert.Empty(await store.ReadRemindersAsync(CancellationToken.None));
    }

    /// <summary>Many writers of one state: each version is won by exactly one.</summary>
    internal static async Task LetsOneWriterWinAsync(IGrainStore store)
    {
        var key = new StateKey("race", "a", "s");
        for (long? version = null; version is null or < 5; version = (version ?? 0) + 1)
        {
            var expected = version;
            var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            {
                try
                {
                    await store.WriteStateAsync(key, $"{i}", expected, CancellationToken.None);
                    return 1;
                }
                catch (StoreConflictException)
                {
                    return 0;
                }
            }));
            Assert.Equal(1, won.Sum());
        }
    }
}
