using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Gateway.Nodes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Checks;

/// <summary>Every node serves, and serves what the configuration says: each configured storage once, readable and writeable. Asked now, not remembered.</summary>
internal sealed class NodeConnectivityCheck(NodeTable nodes, CheckCaller caller) : IHealthCheck
{
    /// <summary>As operators know it.</summary>
    public const string Name = "gitaly node connectivity & disk access";

    private static readonly TimeSpan PerCall = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var options = caller.PassedOn with { Timeout = PerCall };
        var addresses = nodes.VirtualStorages.SelectMany(static v => v.All).GroupBy(static n => n.Connection.Options.Address.Text, StringComparer.Ordinal);
        var asked = await Task.WhenAll(addresses.Select(async a => (a.Key, Healthy: await IsHealthyAsync([.. a], options, cancellationToken))));
        var unhealthy = asked.Where(static a => !a.Healthy).Select(static a => a.Key).Order(StringComparer.Ordinal).ToList();
        return unhealthy.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"the following nodes are not healthy: {string.Join(", ", unhealthy)}");
    }

    private static async Task<bool> IsHealthyAsync(IReadOnlyList<GatewayNode> storages, GrpcCallOptions options, CancellationToken cancellationToken)
    {
        var channel = storages[0].Connection.Channel;
        try
        {
            var health = await channel.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, options, cancellationToken);
            if (health.Status != HealthCheckResponse.Types.ServingStatus.Serving)
                return false;
            var info = await channel.UnaryAsync(Methods.Server.ServerInfo, new ServerInfoRequest(), ServerInfoResponse.Parser, options, cancellationToken);
            return info.StorageStatuses.GroupBy(static s => s.StorageName, StringComparer.Ordinal).All(static g => g.Count() == 1)
                && storages.All(node => info.StorageStatuses.Any(s => s is { Readable: true, Writeable: true } && s.StorageName == node.Storage));
        }
        catch (GrpcException)
        {
            return false;
        }
    }
}
