using System.Globalization;
using System.Text.RegularExpressions;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Clusters;

/// <summary>What the trial asks of the gateway, all of it through what anybody could use.</summary>
public sealed partial class GatewayClient(ClusterPorts ports) : IDisposable
{
    private const int PrimaryProbes = 5;

    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{ports.Metrics}/"), Timeout = TimeSpan.FromSeconds(5) };
    private readonly LoopbackGrpc _grpc = new(ports.Grpc);

    /// <summary>Whether the gateway can route calls.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(new Uri("-/ready", UriKind.Relative), cancellationToken);
        return response.IsSuccessStatusCode;
    }

    /// <summary>The metrics as Prometheus would scrape them.</summary>
    public Task<string> MetricsAsync(CancellationToken cancellationToken) => _http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellationToken);

    /// <summary>
    /// The repository's primary: reads are forced to it, and the gateway's own count of reads by storage tells which one got them.
    /// </summary>
    /// <exception cref="TrialException">The count does not tell.</exception>
    public async Task<string> FindPrimaryAsync(string relativePath, CancellationToken cancellationToken)
    {
        var before = Reads(await MetricsAsync(cancellationToken));
        var metadata = new GrpcMetadata { { "gitaly-route-repository-accessor-policy", "primary-only" } };
        var request = new RefExistsRequest
        {
            Repository = new Repository { StorageName = LocalCluster.VirtualStorage, RelativePath = relativePath },
            Ref = Google.Protobuf.ByteString.CopyFromUtf8("refs/heads/main"),
        };
        for (var i = 0; i < PrimaryProbes; i++)
            await _grpc.CallAsync("/gitaly.RefService/RefExists", request, RefExistsResponse.Parser, metadata, cancellationToken);
        var after = Reads(await MetricsAsync(cancellationToken));
        return after.Where(entry => entry.Value - before.GetValueOrDefault(entry.Key) >= PrimaryProbes).Select(entry => entry.Key).FirstOrDefault()
            ?? throw new TrialException($"the metrics do not tell which node is the primary of {relativePath}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _grpc.Dispose();
    }

    private static Dictionary<string, double> Reads(string metrics) => ReadCount().Matches(metrics).ToDictionary(
        match => match.Groups["storage"].Value,
        match => double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture),
        StringComparer.Ordinal);

    [GeneratedRegex("^gitaly_praefect_read_distribution\\{[^}]*\\bstorage=\"(?<storage>[^\"]*)\"[^}]*\\} (?<count>\\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ReadCount();
}
