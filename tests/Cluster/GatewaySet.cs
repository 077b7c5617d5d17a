using System.Collections.Immutable;

namespace Praefect.Cluster;

/// <summary>
/// The processes that clients know of, and what a load balancer does for them: a new call goes to the next one in turn that serves. One that refused a call is passed
/// over for a second. Each is asked every second whether it is ready, and left out until it says so; one that answers nothing, twice in a row, is taken for hung, and
/// its connections end.
/// </summary>
internal sealed class GatewaySet(TimeProvider time)
{
    private const int AnswersMissed = 2;
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private ImmutableArray<GatewayEndpoint> _all = [];
    private int _next;

    public void Add(Member gateway) => Add(gateway.Name, gateway.Port, gateway.MetricsPort);

    public void Add(string name, int port, int metricsPort)
    {
        lock (_turn)
            _all = _all.Add(new GatewayEndpoint(name, port, metricsPort));
    }

    /// <summary>New calls go elsewhere; those under way end.</summary>
    public void Remove(Member gateway)
    {
        lock (_turn)
            _all = _all.RemoveAll(endpoint => endpoint.Name == gateway.Name);
    }

    /// <summary>The next one in turn that is not passed over; if all are, the next one that serves, or just the next one.</summary>
    public GatewayEndpoint Next()
    {
        var all = _all;
        var now = time.GetTimestamp();
        var first = (uint)Interlocked.Increment(ref _next);
        var inTurn = Enumerable.Range(0, all.Length).Select(i => all[(int)((first + i) % all.Length)]).ToArray();
        return inTurn.FirstOrDefault(candidate => !candidate.IsPassedOver(now)) ?? inTurn.FirstOrDefault(static candidate => !candidate.IsOut) ?? inTurn[0];
    }

    public void PassOver(GatewayEndpoint endpoint) => endpoint.AvoidUntil(time.GetTimestamp() + (long)(AvoidFor.TotalSeconds * time.TimestampFrequency));

    /// <summary>Asks them all whether they serve, until it is told to stop.</summary>
    public async Task CheckAsync(CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var timer = new PeriodicTimer(CheckInterval, time);
        var missed = new Dictionary<GatewayEndpoint, int>();
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var all = _all;
                var answers = await Task.WhenAll(all.Select(endpoint => IsReadyAsync(http, endpoint, stop)));
                foreach (var (endpoint, ready) in all.Zip(answers))
                {
                    missed[endpoint] = ready is null ? missed.GetValueOrDefault(endpoint) + 1 : 0;
                    if (ready is { } serves)
                        endpoint.Mark(serves);
                    if (missed[endpoint] < AnswersMissed)
                        continue;
                    endpoint.Mark(serves: false);
                    endpoint.Disconnect();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    // Null: it answers nothing.
    private async Task<bool?> IsReadyAsync(HttpClient http, GatewayEndpoint endpoint, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(AnswerMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var response = await http.GetAsync(endpoint.Ready, either.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
