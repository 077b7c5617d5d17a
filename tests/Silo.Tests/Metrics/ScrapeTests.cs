using System.Text.RegularExpressions;
using Praefect.Silo.Tests.Hosting;

namespace Praefect.Silo.Tests.Metrics;

/// <summary>What a Prometheus that watched Praefect finds here: family by family, with its labels and its buckets.</summary>
public sealed partial class ScrapeTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-scrape-").FullName;
    private RunningPraefect _praefect = null!;

    // What is there before the first call; what calls add is shown where calls are made.
    public static TheoryData<string, string, string> FromTheStart => new()
    {
        { "gitaly_praefect_replication_delay", "histogram", "le,type" },
        { "gitaly_praefect_replication_latency", "histogram", "le,type" },
        { "gitaly_praefect_reconciliation_scheduling_seconds", "histogram", "le" },
        { "gitaly_praefect_stale_verification_leases_released_total", "counter", "" },
        { "gitaly_praefect_subtransactions_per_transaction_total", "histogram", "le" },
        { "gitaly_praefect_transactions_delay_seconds", "histogram", "action,le" },
        { "gitaly_praefect_notifications_reconnects_total", "counter", "state" },
        { "gitaly_praefect_verification_jobs_dequeued_total", "counter", "storage,virtual_storage" },
        { "gitaly_praefect_verification_jobs_completed_total", "counter", "result,storage,virtual_storage" },
        { "gitaly_praefect_node_latency", "histogram", "gitaly_storage,le" },
        { "gitaly_praefect_node_last_healthcheck_up", "gauge", "gitaly_storage" },
        { "gitlab_build_info", "gauge", "go_version,module_path,module_version" },
        { "grpc_client_started_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_client_handled_total", "counter", "grpc_code,grpc_method,grpc_service,grpc_type" },
        { "grpc_client_msg_received_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_client_msg_sent_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_client_handling_seconds", "histogram", "grpc_method,grpc_service,grpc_type,le" },
        { "process_cpu_seconds_total", "counter", "" },
        { "process_resident_memory_bytes", "gauge", "" },
        { "process_start_time_seconds", "gauge", "" },
        { "process_open_fds", "gauge", "" },
        { "process_max_fds", "gauge", "" },
        { "process_virtual_memory_max_bytes", "gauge", "" },
        { "grpc_server_started_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_server_handled_total", "counter", "grpc_code,grpc_method,grpc_service,grpc_type" },
        { "grpc_server_msg_received_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_server_msg_sent_total", "counter", "grpc_method,grpc_service,grpc_type" },
        { "grpc_server_handling_seconds", "histogram", "grpc_method,grpc_service,grpc_type,le" },
    };

    public static TheoryData<string, string> OfTheDatabase => new()
    {
        { "gitaly_praefect_unavailable_repositories", "virtual_storage" },
        { "gitaly_praefect_replication_queue_depth", "state,target_node,virtual_storage" },
        { "gitaly_praefect_verification_queue_depth", "status,storage,virtual_storage" },
    };

    public async Task InitializeAsync() => _praefect = await RunningPraefect.StartAsync(_folder, """
        listen_addr = "127.0.0.1:0"
        prometheus_listen_addr = "127.0.0.1:0"
        """);

    public async Task DisposeAsync()
    {
        await _praefect.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Every_family_of_praefect_is_there_with_its_labels()
    {
        var scrape = await ScrapeAsync("/metrics");
        Assert.Multiple([.. FromTheStart.Select(row => (Action)(() => Has(scrape, (string)row[0], (string)row[1], (string)row[2])))]);
        Assert.Equal("0.001 0.005 0.025 0.1 0.5 1 10 30 60 300 1500 +Inf", Bounds(scrape, "gitaly_praefect_replication_delay", "type=\"update\""));
        Assert.Equal("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf", Bounds(scrape, "gitaly_praefect_reconciliation_scheduling_seconds", ""));
        Assert.Equal("0 1 2 4 8 16 32 +Inf", Bounds(scrape, "gitaly_praefect_subtransactions_per_transaction_total", ""));
    }

    [Fact]
    public async Task Methods_that_are_answered_here_are_counted_from_zero()
    {
        var scrape = await ScrapeAsync("/metrics");
        foreach (var code in new[] { "OK", "Canceled", "Internal", "Unauthenticated" })
            Assert.Contains($"grpc_server_handled_total{{grpc_type=\"unary\",grpc_service=\"gitaly.PraefectInfoService\",grpc_method=\"SetReplicationFactor\",grpc_code=\"{code}\"}} 0\n", scrape, StringComparison.Ordinal);
        Assert.Contains("grpc_server_started_total{grpc_type=\"server_stream\",grpc_service=\"gitaly.PraefectInfoService\",grpc_method=\"Dataloss\"} 0\n", scrape, StringComparison.Ordinal);
        Assert.DoesNotContain("grpc_method=\"RefExists\"", scrape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_over_all_repositories_have_an_endpoint_of_their_own()
    {
        var scrape = await ScrapeAsync("/db_metrics");
        Assert.Multiple([.. OfTheDatabase.Select(row => (Action)(() => Has(scrape, (string)row[0], "gauge", (string)row[1])))]);
        Assert.Contains("gitaly_praefect_unavailable_repositories{virtual_storage=\"default\"} 0\n", scrape, StringComparison.Ordinal);
        var first = await ScrapeAsync("/metrics");
        Assert.DoesNotContain("queue_depth", first, StringComparison.Ordinal);
        Assert.DoesNotContain("unavailable_repositories", first, StringComparison.Ordinal);
    }

    private static void Has(string scrape, string name, string type, string labels)
    {
        Assert.Contains($"# TYPE {name} {type}\n", scrape, StringComparison.Ordinal);
        var sample = scrape.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal) && (type != "histogram" || line.StartsWith(name + "_bucket", StringComparison.Ordinal)));
        Assert.Equal((name, labels), (name, string.Join(',', LabelNames().Matches(sample).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal))));
    }

    private static string Bounds(string scrape, string name, string label) => string.Join(' ', scrape.Split('\n')
        .Where(line => line.StartsWith(name + "_bucket", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Select(line => Bound().Match(line).Groups[1].Value));

    private async Task<string> ScrapeAsync(string path)
    {
        using var http = new HttpClient();
        foreach (var address in _praefect.Addresses)
        {
            try
            {
                var answer = await http.GetAsync(new Uri(new Uri(address), path));
                if (answer.IsSuccessStatusCode)
                    return await answer.Content.ReadAsStringAsync();
            }
            catch (HttpRequestException)
            {
                // The port of gRPC speaks HTTP/2 only.
            }
        }

        throw new InvalidOperationException($"nobody answers {path}");
    }

    [GeneratedRegex("(?<name>[a-zA-Z_]+)=\"", RegexOptions.None, 1000)]
    private static partial Regex LabelNames();

    [GeneratedRegex("le=\"(?<bound>[^\"]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Bound();
}
