using Microsoft.Extensions.Options;
using Praefect.Grains;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class GrainOptionsSetupTests
{
    private const string Storage = """

        listen_addr = ":2305"
        [store]
        path = "x.db"
        [[virtual_storage]]
        name = "vs"
        default_replication_factor = 1
        node = [{ storage = "a", address = "tcp://h:1" }, { storage = "b", address = "tcp://h:2" }]

        """;

    [Fact]
    public void A_file_without_settings_for_the_grains_leaves_them_as_they_are()
    {
        var (options, untouched) = (Read(""), new GrainOptions());

        Assert.Equal(
            untouched with { OneProcess = true, VirtualStorages = options.VirtualStorages },
            options);
        var storage = Assert.Single(options.VirtualStorages);
        Assert.Equal(("vs", "a b", 1), (storage.Name, string.Join(' ', storage.Storages), storage.DefaultReplicationFactor));
    }

    [Fact]
    public void Each_setting_reaches_the_grains()
    {
        var options = Read("""
            [replication]
            batch_size = 3
            [reconciliation]
            scheduling_interval = "2m"
            [background_verification]
            verification_interval = "3h"
            delete_invalid_records = false
            [repositories_cleanup]
            check_interval = "4m"
            run_interval = "5h"
            repositories_in_batch = 6
            [write_turns]
            enabled = false
            """);

        Assert.Equal(3, options.CopiesPerTarget);
        Assert.Equal(TimeSpan.FromMinutes(2), options.ReconciliationInterval);
        Assert.Equal((TimeSpan.FromHours(3), false), (options.VerificationInterval, options.DeleteInvalidRecords));
        Assert.Equal((TimeSpan.FromMinutes(4), TimeSpan.FromHours(5), 6), (options.WalkCheckInterval, options.WalkInterval, options.WalkBatch));
        Assert.False(options.WriteTurns);
    }

    [Theory]
    [InlineData("[replication]\nbatch_size = 4294967295\n[repositories_cleanup]\nrepositories_in_batch = 4294967295", 1000, 100_000)]
    [InlineData("[repositories_cleanup]\nrepositories_in_batch = 0", 10, 1)]
    public void What_praefect_takes_is_brought_into_the_range_that_the_grains_check(string toml, int copies, int batch)
    {
        var options = Read(toml);

        Assert.Equal((copies, batch), (options.CopiesPerTarget, options.WalkBatch));
        Assert.Empty(options.Validate());
    }

    [Theory]
    [InlineData("1ns")]
    [InlineData("49ms")]
    [InlineData("2500000h")]
    public void A_search_as_often_or_as_seldom_as_one_likes_is_brought_into_the_range_that_the_grains_check(string interval) =>
        Assert.Empty(Read($"[reconciliation]\nscheduling_interval = '{interval}'").Validate());

    [Theory]
    [InlineData("0")]
    [InlineData("-1h")]
    public void Nothing_and_less_switch_the_work_in_the_background_off(string interval)
    {
        var options = Read($"""
            [reconciliation]
            scheduling_interval = '{interval}'
            [background_verification]
            verification_interval = '{interval}'
            [repositories_cleanup]
            run_interval = '{interval}'
            check_interval = '{interval}'
            """);

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (options.ReconciliationInterval, options.WalkInterval));
        Assert.True(options.VerificationInterval <= TimeSpan.Zero);
        Assert.Equal(new GrainOptions().WalkCheckInterval, options.WalkCheckInterval);
        Assert.Empty(options.Validate());
    }

    private static GrainOptions Read(string toml)
    {
        var options = new GrainOptions();
        new GrainOptionsSetup(Options.Create(ConfigurationFile.Load(Storage + toml).Options)).Configure(options);
        return options;
    }
}
