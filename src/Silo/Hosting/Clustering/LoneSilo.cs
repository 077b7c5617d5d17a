using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting;

/// <summary>
/// A silo that is alone because its store is a file: nobody may join it, so it listens nowhere, and its membership is one row in memory. Localhost clustering would
/// open a port that anyone on the machine could speak Orleans' protocol to, and go through a serializer to learn what the silo has just written.
/// </summary>
internal static class LoneSilo
{
    public static void Use(ISiloBuilder silo, SiloSettings settings)
    {
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });

        // A name more than an address: several such processes on one machine may have the same.
        silo.Configure<EndpointOptions>(static endpoints =>
        {
            endpoints.AdvertisedIPAddress = IPAddress.Loopback;
            endpoints.SiloPort = EndpointOptions.DEFAULT_SILO_PORT;
            endpoints.GatewayPort = 0;
        });
        silo.Services.AddSingleton<IMembershipTable, LoneMembership>();
        ListenNowhere(silo.Services);
    }

    // Orleans keeps its listeners' factories under keys of its own.
    private static void ListenNowhere(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is { IsKeyedService: true, ServiceKey: { } key } service && service.ServiceType == typeof(IConnectionListenerFactory))
                services[i] = ServiceDescriptor.KeyedSingleton<IConnectionListenerFactory>(key, static (_, _) => new Nowhere());
        }
    }
}

/// <summary>The membership of a silo that is alone.</summary>
internal sealed class LoneMembership : IMembershipTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, (MembershipEntry Entry, string ETag)> _rows = [];
    private TableVersion _version = new(0, "0");
    private long _changes;

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId)
    {
        lock (_gate)
            _rows.Clear();
        return Task.CompletedTask;
    }

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    public Task<MembershipTableData> ReadRow(SiloAddress key) => Read(silo => silo.Equals(key));

    public Task<MembershipTableData> ReadAll() => Read(static _ => true);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion)
    {
        lock (_gate)
            return Task.FromResult(!_rows.ContainsKey(entry.SiloAddress) && Write(entry, tableVersion));
    }

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion)
    {
        lock (_gate)
        {
            return Task.FromResult(
                _rows.TryGetValue(entry.SiloAddress, out var row) && string.Equals(row.ETag, etag, StringComparison.Ordinal) && Write(entry, tableVersion));
        }
    }

    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        lock (_gate)
        {
            if (_rows.TryGetValue(entry.SiloAddress, out var row))
                row.Entry.IAmAliveTime = entry.IAmAliveTime;
        }

        return Task.CompletedTask;
    }

    private Task<MembershipTableData> Read(Func<SiloAddress, bool> wanted)
    {
        lock (_gate)
        {
            return Task.FromResult(new MembershipTableData(
                [.. _rows.Values.Where(row => wanted(row.Entry.SiloAddress)).Select(static row => Tuple.Create(Copy(row.Entry), row.ETag))], _version));
        }
    }

    private bool Write(MembershipEntry entry, TableVersion version)
    {
        if (!string.Equals(version.VersionEtag, _version.VersionEtag, StringComparison.Ordinal))
            return false;
        var etag = (++_changes).ToString(CultureInfo.InvariantCulture);
        _rows[entry.SiloAddress] = (Copy(entry), etag);
        _version = new TableVersion(version.Version, etag);
        return true;
    }

    // Whoever reads a row may change it.
    private static MembershipEntry Copy(MembershipEntry entry) => new()
    {
        SiloAddress = entry.SiloAddress,
        Status = entry.Status,
        SuspectTimes = entry.SuspectTimes is { } suspects ? [.. suspects] : null,
        ProxyPort = entry.ProxyPort,
        HostName = entry.HostName,
        SiloName = entry.SiloName,
        RoleName = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = entry.StartTime,
        IAmAliveTime = entry.IAmAliveTime,
    };
}

/// <summary>Binds nothing: who accepts waits until the silo stops.</summary>
internal sealed class Nowhere : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(new Listener(endpoint));

    private sealed class Listener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}
