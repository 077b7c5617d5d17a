using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting.Clustering;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A silo whose connection ended and whose port is refused is dead; any other end of a connection says nothing.</summary>
public sealed class KilledSilosTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<SiloAddress> _dead = [];
    private readonly IPEndPoint _endpoint;
    private readonly SiloAddress _silo;
    private bool _active = true;

    public KilledSilosTests()
    {
        _listener.Start();
        _endpoint = (IPEndPoint)_listener.LocalEndpoint;
        _silo = SiloAddress.New(_endpoint, 7);
    }

    [Fact]
    public async Task A_silo_that_refuses_connections_is_declared_dead()
    {
        _listener.Stop();

        await LookAsync();

        Assert.Equal(_silo, Assert.Single(_dead));
    }

    [Fact]
    public async Task A_silo_that_still_listens_is_not()
    {
        await LookAsync();

        Assert.Empty(_dead);
    }

    [Fact]
    public async Task One_that_stops_listening_a_moment_after_its_connection_ended_is_found()
    {
        var looks = 0;
        using var killed = Killed(_ =>
        {
            if (++looks == 3)
                _listener.Stop();
            return _silo;
        });

        await killed.LookAsync(_endpoint, CancellationToken.None);

        Assert.Equal(_silo, Assert.Single(_dead));
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task One_that_stops_in_peace_has_said_so_and_is_left_alone()
    {
        _active = false;
        _listener.Stop();

        await LookAsync();

        Assert.Empty(_dead);
    }

    [Fact]
    public async Task A_membership_that_cannot_be_written_leaves_it_to_the_probes_and_the_next_end_is_looked_at()
    {
        _listener.Stop();
        var asked = 0;
        using var declared = new SemaphoreSlim(0);
        using var killed = new KilledSilos(
            _ => _silo,
            _ =>
            {
                declared.Release();
                return ++asked == 1 ? Task.FromException<bool>(new IOException("the database is away")) : Task.FromResult(true);
            },
            new SiloSettings(),
            TimeProvider.System,
            NullLogger<KilledSilos>.Instance);
        await killed.StartAsync(CancellationToken.None);

        killed.Ended(_endpoint);
        Assert.True(await declared.WaitAsync(TimeSpan.FromSeconds(30)));
        killed.Ended(_endpoint);
        Assert.True(await declared.WaitAsync(TimeSpan.FromSeconds(30)));

        await killed.StopAsync(CancellationToken.None);
        Assert.Equal(2, asked);
    }

    public void Dispose() => _listener.Dispose();

    private async Task LookAsync()
    {
        using var killed = Killed(_ => _active ? _silo : null);
        await killed.LookAsync(_endpoint, CancellationToken.None);
    }

    private KilledSilos Killed(Func<IPEndPoint, SiloAddress?> active) => new(
        active,
        silo =>
        {
            _dead.Add(silo);
            return Task.FromResult(true);
        },
        new SiloSettings(),
        TimeProvider.System,
        NullLogger<KilledSilos>.Instance);
}
