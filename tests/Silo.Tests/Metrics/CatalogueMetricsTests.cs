using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;
using Praefect.Silo.Configuration;
using Praefect.Silo.Metrics;
using VirtualStorageOptions = Praefect.Silo.Configuration.VirtualStorageOptions;

namespace Praefect.Silo.Tests.Metrics;

/// <summary>Group H3 of the cases, as far as it concerns what is done with the catalogue's counts.</summary>
public sealed class CatalogueMetricsTests
{
    private static readonly PraefectOptions s_options = new()
    {
        VirtualStorages = [Storage("one", "a", "b"), Storage("two", "c")],
        BackgroundVerification = new BackgroundVerificationOptions { VerificationInterval = TimeSpan.FromSeconds(30) },
        Prometheus = new PrometheusOptions { ScrapeTimeout = TimeSpan.FromMilliseconds(50) },
    };

    private readonly CountedCatalogue _catalogue = new();
    private readonly ErrorLog _log = new();

    [Fact]
    public async Task Nothing_is_counted_before_somebody_asks()
    {
        var metrics = Metrics();
        Assert.Equal(0, _catalogue.Counts);

        await metrics.WriteAsync(default);

        Assert.Equal(6, _catalogue.Counts);
    }

    [Fact]
    public async Task Every_configured_storage_of_every_virtual_storage_is_there_with_zero_too()
    {
        _catalogue.Behind["b"] = 5;
        _catalogue.Due["a"] = new VerificationDepth(Unverified: 2, Expired: 3);

        Assert.Equal(
            [
                "gitaly_praefect_replication_queue_depth{virtual_storage=\"one\",target_node=\"a\",state=\"ready\"} 0",
                "gitaly_praefect_replication_queue_depth{virtual_storage=\"one\",target_node=\"b\",state=\"ready\"} 5",
                "gitaly_praefect_replication_queue_depth{virtual_storage=\"two\",target_node=\"c\",state=\"ready\"} 0",
                "gitaly_praefect_unavailable_repositories{virtual_storage=\"one\"} 1",
                "gitaly_praefect_unavailable_repositories{virtual_storage=\"two\"} 0",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"one\",storage=\"a\",status=\"expired\"} 3",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"one\",storage=\"a\",status=\"unverified\"} 2",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"one\",storage=\"b\",status=\"expired\"} 0",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"one\",storage=\"b\",status=\"unverified\"} 0",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"two\",storage=\"c\",status=\"expired\"} 0",
                "gitaly_praefect_verification_queue_depth{virtual_storage=\"two\",storage=\"c\",status=\"unverified\"} 0",
            ],
            (await Metrics().WriteAsync(default)).Split('\n').Where(line => line.Length > 0 && line[0] != '#'));
    }

    [Fact]
    public async Task Due_is_what_was_verified_longer_ago_than_the_interval()
    {
        var now = TimeProvider.System.GetUtcNow();
        await Metrics().WriteAsync(default);
        Assert.InRange(_catalogue.VerifiedBefore, now.AddSeconds(-30), now);
    }

    [Fact]
    public async Task A_count_that_takes_too_long_is_missing_and_logged_and_the_others_are_there()
    {
        _catalogue.UnavailableHangs = true;

        var scrape = await Metrics().WriteAsync(default);

        Assert.DoesNotContain("unavailable_repositories", scrape, StringComparison.Ordinal);
        Assert.Contains("gitaly_praefect_replication_queue_depth{virtual_storage=\"two\"", scrape, StringComparison.Ordinal);
        Assert.Contains("gitaly_praefect_verification_queue_depth{virtual_storage=\"two\"", scrape, StringComparison.Ordinal);
        Assert.StartsWith("counting gitaly_praefect_unavailable_repositories failed", Assert.Single(_log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_verification_nothing_waits_for_it()
    {
        var never = s_options with { BackgroundVerification = new BackgroundVerificationOptions { VerificationInterval = TimeSpan.Zero } };
        Assert.DoesNotContain("verification_queue_depth", await Metrics(never).WriteAsync(default), StringComparison.Ordinal);
    }

    private static VirtualStorageOptions Storage(string name, params string[] storages) =>
        new() { Name = name, Nodes = [.. storages.Select(storage => new VirtualStorageNodeOptions { Storage = storage })] };

    private CatalogueMetrics Metrics(PraefectOptions? options = null) => new([_catalogue], new OneHealthyNode(), options ?? s_options, TimeProvider.System, _log);

    /// <summary>Only a, of the virtual storage "one", is known to be healthy.</summary>
    private sealed class OneHealthyNode : INodeDirectory
    {
        public event Action<VirtualStorageView>? Changed { add { } remove { } }

        public long Version => 1;

        public VirtualStorageView? Find(string virtualStorage) => virtualStorage == "one"
            ? new VirtualStorageView("one", 1, 1, 0, [new NodeHealth("a", true, default, ""), new NodeHealth("b", false, default, "down")])
            : null;
    }

    private sealed class ErrorLog : ILogger<CatalogueMetrics>
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
                Errors.Add(formatter(state, exception));
        }
    }
}
