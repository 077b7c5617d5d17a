using Grpc.Health.V1;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Connects to all nodes while the grain runtime starts, which needs one core and no network: the first look at the nodes then finds open connections. It decides
/// nothing; what a node is worth the grains find out, and nothing is served before.
/// </summary>
internal sealed partial class EarlyNodes(NodeConnectionPool pool, TimeProvider time, ILogger<EarlyNodes> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new(Limit, time);
    private Task _connecting = Task.CompletedTask;

    /// <summary>Begins.</summary>
    public void Start() => _connecting = Task.Run(() => Task.WhenAll(pool.All.Select(ConnectAsync)));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _connecting;
        _stopping.Dispose();
    }

    private async Task ConnectAsync(NodeConnection connection)
    {
        try
        {
            await connection.Channel.UnaryAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest(), HealthCheckResponse.Parser, null, _stopping.Token);
        }
        catch (Exception e) when (e is GrpcException or OperationCanceledException)
        {
            // The grains' look tells operators.
            LogAway(connection.Options.Storage, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Debug, "no early connection to {Storage}: {Reason}")]
    private partial void LogAway(string storage, string reason);
}
