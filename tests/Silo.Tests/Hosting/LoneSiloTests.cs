using System.Net;
using Orleans;
using Orleans.Runtime;
using Praefect.Silo.Hosting;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What Orleans is given on one machine in place of a cluster.</summary>
public sealed class LoneSiloTests
{
    private static readonly SiloAddress Address = SiloAddress.New(IPAddress.Loopback, 1, 1);

    [Fact]
    public async Task A_row_is_written_by_who_has_read_its_last_version()
    {
        var table = new LoneMembership();
        var empty = await table.ReadAll();
        Assert.True(await table.InsertRow(Entry(SiloStatus.Joining), empty.Version.Next()));
        Assert.False(await table.InsertRow(Entry(SiloStatus.Joining), (await table.ReadAll()).Version.Next()));
        var joining = await table.ReadRow(Address);

        Assert.True(await table.UpdateRow(Entry(SiloStatus.Active), joining.Members[0].Item2, joining.Version.Next()));
        Assert.False(await table.UpdateRow(Entry(SiloStatus.Dead), joining.Members[0].Item2, joining.Version.Next()));

        var active = await table.ReadRow(Address);
        Assert.Equal(SiloStatus.Active, Assert.Single(active.Members).Item1.Status);
        Assert.Equal(2, active.Version.Version);
    }

    [Fact]
    public async Task What_is_done_to_a_row_that_was_read_does_not_reach_the_table()
    {
        var table = new LoneMembership();
        await table.InsertRow(Entry(SiloStatus.Active), (await table.ReadAll()).Version.Next());

        (await table.ReadRow(Address)).Members[0].Item1.Status = SiloStatus.Dead;

        Assert.Equal(SiloStatus.Active, (await table.ReadAll()).Members[0].Item1.Status);
    }

    [Fact]
    public async Task Who_accepts_where_nobody_listens_waits_until_the_listener_is_unbound()
    {
        await using var listener = await new Nowhere().BindAsync(new IPEndPoint(IPAddress.Loopback, 1));
        var accepting = listener.AcceptAsync().AsTask();
        Assert.False(accepting.IsCompleted);

        await listener.UnbindAsync();

        Assert.Null(await accepting);
    }

    [Fact]
    public void Timestamps_of_the_membership_begin_with_the_process_and_not_with_the_machine()
    {
        var machine = new Ticking();

        var clock = new UptimeClock(machine);

        Assert.Equal(TimeSpan.Zero, clock.GetElapsedTime(0));
        machine.Now += machine.TimestampFrequency;
        Assert.Equal(TimeSpan.FromSeconds(1), clock.GetElapsedTime(0));
    }

    private static MembershipEntry Entry(SiloStatus status) => new() { SiloAddress = Address, Status = status, HostName = "h", SiloName = "s" };

    private sealed class Ticking : TimeProvider
    {
        public long Now { get; set; } = 1_000_000_000_000;

        public override long GetTimestamp() => Now;
    }
}
