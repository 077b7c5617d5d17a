using System.Diagnostics;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;
using Xunit.Abstractions;

namespace Praefect.Gateway.Tests.Load;

/// <summary>
/// Figures of the hot path: a unary read, against the node and through the gateway, client, node and gateway in one process. Runs a moment in the suite,
/// and for <c>GATEWAY_LOAD_SECONDS</c> when that is set; asserts only that every call was answered, since machines differ.
/// </summary>
public sealed class LoadLoop(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public async Task Unary_reads_are_answered_under_load(int callers)
    {
        var seconds = double.TryParse(Environment.GetEnvironmentVariable("GATEWAY_LOAD_SECONDS"), out var given) ? given : 0.1;
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        await using var direct = new NodeConnection(
            new NodeOptions("v", "n", NodeAddress.Parse(cluster.Nodes[0].Address), ""), new SidechannelRegistry(), NoBackchannelAcceptor.Instance,
            new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var body = Frames.Of(new RefExistsRequest { Repository = TestCluster.Target });
        var (near, nearCount) = await RunAsync(callers, seconds, () => SendAsync(direct.Plain, body));
        var (far, farCount) = await RunAsync(callers, seconds, () => SendAsync(cluster.Raw, body));
        output.WriteLine($"{callers} callers: direct {near:F0} us, {nearCount / seconds:F0}/s; through the gateway {far:F0} us, {farCount / seconds:F0}/s; added {far - near:F0} us");
        Assert.True(farCount > 0);
    }

    private static async Task<(double MeanMicroseconds, long Calls)> RunAsync(int callers, double seconds, Func<Task> call)
    {
        for (var i = 0; i < 20 + (seconds > 1 ? 5000 : 0); i++)
            await call();
        long calls = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                await call();
                Interlocked.Increment(ref calls);
            }
        }));
        return (watch.Elapsed.TotalMicroseconds * callers / calls, calls);
    }

    private static async Task SendAsync(HttpMessageInvoker invoker, byte[] body)
    {
        using var request = TestCluster.Request(Methods.Ref.RefExists, body);
        using var response = await invoker.SendAsync(request, CancellationToken.None);
        await response.Content.ReadAsByteArrayAsync();
        var end = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        Assert.Equal("0", string.Join(' ', end.Where(h => h.Key.StartsWith("grpc-", StringComparison.Ordinal)).SelectMany(h => h.Value)));
    }
}
