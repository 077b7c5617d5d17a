namespace Praefect.Store.Tests;

/// <summary>Grains whose states are in the file.</summary>
[Collection("sqlite")]
public sealed class GrainStateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("grain-store");

    private string FilePath => Path.Combine(_folder.FullName, "grains.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_grain_call_costs_one_statement_when_it_writes_and_none_when_it_reads()
    {
        await using var silo = await StoreSilo.StartAsync(FilePath);
        var counter = silo.Grains.GetGrain<ICounterGrain>("a");
        await counter.Add(1);
        using var statements = new StatementCounter();
        for (var i = 0; i < 10; i++) await counter.Get();
        Assert.Equal(0, statements["read"] + statements["write"] + statements["transaction"]);
        await counter.Add(1);
        Assert.Equal(1, statements["write"]);
        Assert.Equal(0, statements["read"]);
    }

    [Fact]
    public async Task A_sqlite_file_keeps_state_over_restarts()
    {
        await using (var silo = await StoreSilo.StartAsync(FilePath))
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => silo.Grains.GetGrain<ICounterGrain>($"k{i}").Add(i)));

        await using (var silo = await StoreSilo.StartAsync(FilePath))
        {
            for (var i = 0; i < 100; i++) Assert.Equal(i, await silo.Grains.GetGrain<ICounterGrain>($"k{i}").Get());
            await silo.Grains.GetGrain<ICounterGrain>("k5").Clear();
            Assert.False(await silo.Grains.GetGrain<ICounterGrain>("k5").Exists());
        }
    }
}
