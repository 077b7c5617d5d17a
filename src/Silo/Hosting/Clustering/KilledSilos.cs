using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Clustering;

/// <summary>
/// Notices at once that another silo's process is gone, where probes take more than two seconds. A kernel ends the connections of a process that ends, and refuses
/// new ones: a silo that the membership calls active, whose connection ended and whose port is refused, does not run any more. Whatever else happened (a machine
/// that is off, a network that swallows packets, a process that hangs) is left to the probes. A silo that stops in peace says so in the membership first.
/// </summary>
/// <param name="active">The active silo at an address, as this silo knows the membership.</param>
/// <param name="declareDead">Takes a silo out of the membership.</param>
/// <param name="settings">Where the timeout of a probe is the longest wait for a connection.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KilledSilos(
    Func<IPEndPoint, SiloAddress?> active, Func<SiloAddress, Task<bool>> declareDead, SiloSettings settings, TimeProvider time, ILogger<KilledSilos> logger)
    : BackgroundService
{
    // A process that is being torn down may lose its connections before its listener.
    private const int Looks = 5;

    // As many connections as may end at once and be looked at; what is more is found by probes.
    private const int Remembered = 64;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly Channel<IPEndPoint> _ended = Channel.CreateBounded<IPEndPoint>(new BoundedChannelOptions(Remembered) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>
    /// Watches the connections that this silo opens to others. Only where one silo's word is enough: a refused port is the word of one, and whoever asked for more
    /// does not want to depend on it.
    /// </summary>
    public static void Add(ISiloBuilder silo, SiloSettings settings)
    {
        if (settings.DeathVotes != 1)
            return;
        silo.Services.AddSingleton(provider => new KilledSilos(
            endpoint => ActiveAt(provider.GetRequiredService<IClusterMembershipService>().CurrentSnapshot, endpoint),
            address => provider.GetRequiredService<IClusterMembershipService>().TryKill(address),
            settings,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<KilledSilos>>()));
        silo.Services.AddHostedService(static provider => provider.GetRequiredService<KilledSilos>());
        silo.Configure<SiloConnectionOptions>(static connections => connections.ConfigureSiloOutboundConnection(static connection =>
        {
            var killed = connection.ApplicationServices.GetRequiredService<KilledSilos>();
            connection.Use(next => async context =>
            {
                try
                {
                    await next(context);
                }
                finally
                {
                    if (context.RemoteEndPoint is IPEndPoint endpoint)
                        killed.Ended(endpoint);
                }
            });
        }));
    }

    /// <summary>Notes that a connection to a silo ended, for whatever reason.</summary>
    public void Ended(IPEndPoint endpoint) => _ended.Writer.TryWrite(endpoint);

    /// <summary>Looks whether the silo whose connection ended is gone, and takes it out of the membership if so.</summary>
    internal async Task LookAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        for (var look = 0; look < Looks; look++)
        {
            if (look > 0)
                await Task.Delay(BetweenLooks, time, cancellationToken);
            // Asked before the port is: who comes to listen there later is another silo, with another address.
            if (active(endpoint) is not { } silo)
                return;
            if (!await RefusesAsync(endpoint, cancellationToken))
                continue;
            await DeclareDeadAsync(silo);
            return;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var endpoint in _ended.Reader.ReadAllAsync(stoppingToken))
            await LookAsync(endpoint, stoppingToken);
    }

    private static SiloAddress? ActiveAt(ClusterMembershipSnapshot membership, IPEndPoint endpoint) =>
        membership.Members.Values.FirstOrDefault(member => member.Status == SiloStatus.Active && member.SiloAddress.Endpoint.Equals(endpoint))?.SiloAddress;

    // False: somebody listens there, or nobody can tell.
    private async Task<bool> RefusesAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(settings.ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task DeclareDeadAsync(SiloAddress silo)
    {
        try
        {
            var started = time.GetTimestamp();
            var declared = await declareDead(silo);
            LogDeclared(silo, declared, (long)time.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (Exception e)
        {
            // The database may be away; probes find the silo again.
            LogNotDeclared(e, silo);
        }
    }

    [LoggerMessage(LogLevel.Warning, "silo {Silo} refuses connections: its process is gone. Declared dead: {Declared}, in {Milliseconds} ms")]
    private partial void LogDeclared(SiloAddress silo, bool declared, long milliseconds);

    [LoggerMessage(LogLevel.Warning, "silo {Silo} refuses connections: its process is gone. It could not be declared dead; probes will do that")]
    private partial void LogNotDeclared(Exception exception, SiloAddress silo);
}
