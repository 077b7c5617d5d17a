using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

[Collection(Databases.Name)]
public sealed class OrleansClusterTests(OrleansCluster cluster) : IClassFixture<OrleansCluster>
{
    private NpgsqlDataSource DataSource => cluster.DataSource;

    private IGrainFactory Grains => cluster.Grains;

    [PostgresFact]
    public async Task Silos_join_in_the_table_and_one_that_stops_is_told_of_and_swept_up()
    {
        const string Active = "SELECT count(*) FROM orleans_silo WHERE status = 3";
        Assert.Equal(2L, await Databases.ScalarAsync<long>(DataSource, Active));
        var version = await Databases.ScalarAsync<int>(DataSource, "SELECT version FROM orleans_cluster");

        await using (var third = await cluster.StartSiloAsync())
        {
            Assert.Equal(3L, await Databases.ScalarAsync<long>(DataSource, Active));
            await third.StopAsync(default);
        }

        Assert.Equal(2L, await Databases.ScalarAsync<long>(DataSource, Active));
        Assert.Equal(1L, await Databases.ScalarAsync<long>(DataSource, "SELECT count(*) FROM orleans_silo WHERE status = 6"));
        Assert.True(await Databases.ScalarAsync<int>(DataSource, "SELECT version FROM orleans_cluster") >= version + 4);

        var membership = cluster.Services.GetRequiredService<IMembershipTable>();
        await membership.CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddHours(1), default);
        Assert.Equal(2, (await membership.ReadAllAsync(default)).Members.Count);
    }

    [PostgresFact]
    public async Task Membership_changes_only_from_the_version_that_was_read()
    {
        var table = cluster.Services.GetRequiredService<IMembershipTable>();
        var before = await table.ReadAllAsync(default);
        var (entry, etag) = before.Members[0];
        var newcomer = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), 1),
            SiloName = "newcomer",
            HostName = "host",
            Status = SiloStatus.Dead,
            StartTime = DateTime.UtcNow,
            IAmAliveTime = DateTime.UtcNow,
        };
        var stale = new TableVersion(before.Version.Version, (before.Version.Version - 1).ToString());

        Assert.False(await table.UpdateRowAsync(entry, etag, stale, default));
        Assert.False(await table.InsertRowAsync(newcomer, stale, default));
        Assert.True(await table.InsertRowAsync(newcomer, before.Version.Next(), default));
        // The same again: both its version and the row are in the way.
        Assert.False(await table.InsertRowAsync(newcomer, before.Version.Next(), default));
        Assert.False(await table.InsertRowAsync(newcomer, (await table.ReadAllAsync(default)).Version.Next(), default));
        var present = await table.ReadRowAsync(newcomer.SiloAddress, default);
        newcomer.AddOrUpdateSuspector(entry.SiloAddress, DateTime.UtcNow, 1);
        Assert.True(await table.UpdateRowAsync(newcomer, Assert.Single(present.Members).Item2, present.Version.Next(), default));

        var (read, _) = Assert.Single((await table.ReadRowAsync(newcomer.SiloAddress, default)).Members);
        Assert.Equal((newcomer.SiloName, newcomer.HostName, SiloStatus.Dead), (read.SiloName, read.HostName, read.Status));
        Assert.Equal(entry.SiloAddress, Assert.Single(read.SuspectTimes!).Item1);
        var nobody = await table.ReadRowAsync(SiloAddress.New(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 2), 1), default);
        Assert.Empty(nobody.Members);
        Assert.True(nobody.Version.Version >= before.Version.Version + 2);
    }

    [PostgresFact]
    public async Task State_is_written_as_json_text_with_its_names_and_read_by_the_next_activation()
    {
        var grain = Grains.GetGrain<IRecordGrain>("default/group/a+b.git");
        await grain.WriteAsync(8, 5);
        await grain.LeaveAsync();

        Assert.Equal(5, await grain.ReadAsync());
        await using var command = DataSource.CreateCommand("SELECT state_name, grain_key, service_id, payload FROM orleans_grain_state WHERE grain_key LIKE '%a+b.git'");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        // The state's name is all that the provider hands over: the grain's class does not appear.
        Assert.Equal(("repository", "default/group/a+b.git"), (reader.GetString(0), reader.GetString(1)));
        using var json = JsonDocument.Parse(reader.GetString(3));
        Assert.Equal(5, json.RootElement.GetProperty("Generation").GetInt64());
        Assert.False(await reader.ReadAsync());
    }

    [PostgresFact]
    public async Task A_state_of_the_grain_appears_in_the_catalogue_with_the_providers_own_json()
    {
        var grain = Grains.GetGrain<IRecordGrain>("default/a.git");
        await grain.WriteAsync(7, 5);
        Assert.Equal(CatalogueContents.Of([RecordGrain.At(5)]), await MineAsync(), StringComparer.Ordinal);
        await grain.ClearAsync();
        Assert.Empty(await MineAsync());

        async Task<IEnumerable<string>> MineAsync() =>
            (await CatalogueContents.ReadAsync(DataSource)).Where(static line => line.StartsWith("7 ", StringComparison.Ordinal));
    }

    [PostgresTheory]
    [InlineData("default/by-text.git")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("ff")]
    public async Task A_second_writer_with_an_old_version_is_refused(string key)
    {
        var storage = Provider();
        var id = GrainId.Create("record", key);
        var first = new GrainState<Record>(RecordGrain.At(1));
        await storage.WriteStateAsync("other", id, first);
        var second = new GrainState<Record>();
        await storage.ReadStateAsync("other", id, second);
        Assert.Equal((true, first.ETag, 1L), (second.RecordExists, second.ETag, second.State!.Generation));

        first.State = RecordGrain.At(2);
        await storage.WriteStateAsync("other", id, first);
        second.State = RecordGrain.At(3);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("other", id, second));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("other", id, second));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("other", id, new GrainState<Record>(RecordGrain.At(9))));
        await storage.ReadStateAsync("other", id, second);
        Assert.Equal(2, second.State!.Generation);
    }

    [PostgresFact]
    public async Task A_version_of_a_deleted_state_is_never_that_of_the_state_made_anew()
    {
        var storage = Provider();
        var id = GrainId.Create("record", "default/again.git");
        var zombie = new GrainState<Record>(RecordGrain.At(1));
        await storage.WriteStateAsync("other", id, zombie);
        var owner = new GrainState<Record>();
        await storage.ReadStateAsync("other", id, owner);

        await storage.ClearStateAsync("other", id, owner);
        Assert.False(owner.RecordExists);
        await storage.ClearStateAsync("other", id, owner);
        owner.State = RecordGrain.At(2);
        await storage.WriteStateAsync("other", id, owner);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("other", id, zombie));
    }

    [PostgresFact]
    public async Task Reminders_tick_and_stop_and_survive_in_the_table()
    {
        var grain = Grains.GetGrain<IRecordGrain>("default/reminded.git");
        await grain.RemindAsync();
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await grain.TicksAsync() < 2) await Task.Delay(50, enough.Token);

        var table = cluster.Services.GetRequiredService<IReminderTable>();
        var row = Assert.Single((await table.ReadRows(0, 0)).Reminders);
        Assert.Equal(("wake", grain.GetGrainId(), TimeSpan.FromMilliseconds(200)), (row.ReminderName, row.GrainId, row.Period));
        var hash = row.GrainId.GetUniformHashCode();
        Assert.Single((await table.ReadRows(hash - 1, hash)).Reminders);
        Assert.Empty((await table.ReadRows(hash, hash + 1)).Reminders);
        Assert.Single((await table.ReadRows(hash + 1, hash)).Reminders);
        Assert.False(await table.RemoveRow(row.GrainId, row.ReminderName, (int.Parse(row.ETag!, System.Globalization.CultureInfo.InvariantCulture) + 1).ToString()));
        row.Period = TimeSpan.FromDays(60);
        Assert.NotEqual(row.ETag, await table.UpsertRow(row), StringComparer.Ordinal);
        Assert.Equal(TimeSpan.FromDays(60), (await table.ReadRow(row.GrainId, row.ReminderName))!.Period);

        await grain.ForgetAsync();
        Assert.Empty((await table.ReadRows(row.GrainId)).Reminders);
    }

    private IGrainStorage Provider() => cluster.Services.GetRequiredKeyedService<IGrainStorage>(OrleansCluster.Storage);
}
