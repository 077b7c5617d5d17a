using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Clustering;

/// <summary>
/// A gateway as a client of the silos. It could be a silo without repository grains, and its calls would take one hop less. But every silo holds a part of the
/// grain directory: one that crashes takes down activations on the others, and the writes under way in them. Gateways are what comes and goes most, so they stay
/// out of the membership, and nothing but their own calls notices when one ends.
/// </summary>
internal static class GatewayClientSetup
{
    // A silo that hangs keeps its connections, and calls through it wait for it, until it is missing in the list. One small SELECT each time.
    private static readonly TimeSpan ListRefresh = TimeSpan.FromSeconds(1);

    public static void Add(WebApplicationBuilder builder, NpgsqlDataSource dataSource, SiloSettings settings) => builder.UseOrleansClient(client =>
    {
        client.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });
        client.Configure<Orleans.Configuration.GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = ListRefresh);
        client.UseAdoNetClustering(clustering =>
        {
            clustering.Invariant = OrleansSetup.Invariant;
            clustering.DataSource = dataSource;
        });
        client.Services.AddSingleton<IClientConnectionRetryFilter, WaitForSilos>();
    });
}

/// <summary>A gateway that starts before the silos waits for them, until it is stopped.</summary>
internal sealed partial class WaitForSilos(TimeProvider time, ILogger<WaitForSilos> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        LogWaiting(exception.Message);
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "no silo can be reached yet: {Reason}")]
    private partial void LogWaiting(string reason);
}
