using System.Diagnostics.Metrics;
using Praefect.Silo.Metrics;

namespace Praefect.Silo.Tests.Metrics;

public sealed class MetricsRegistryTests : IDisposable
{
    private readonly Meter _meter = new("Test." + Guid.NewGuid().ToString("n"));
    private readonly MetricsRegistry _registry;

    public MetricsRegistryTests() => _registry = new MetricsRegistry([_meter.Name]);

    [Fact]
    public void Counters_add_up_per_label_set_under_their_own_name()
    {
        var counter = _meter.CreateCounter<long>("gitaly_praefect_read_distribution", description: "Reads\nper storage.");
        counter.Add(2, new("virtual_storage", "default"), new KeyValuePair<string, object?>("storage", "a"));
        counter.Add(3, new("virtual_storage", "default"), new KeyValuePair<string, object?>("storage", "a"));
        counter.Add(1, new("virtual_storage", "default"), new KeyValuePair<string, object?>("storage", "b\"\\\n"));

        Assert.Equal(
            """
            # HELP gitaly_praefect_read_distribution Reads\nper storage.
            # TYPE gitaly_praefect_read_distribution counter
            gitaly_praefect_read_distribution{virtual_storage="default",storage="a"} 5
            gitaly_praefect_read_distribution{virtual_storage="default",storage="b\"\\\n"} 1

            """,
            _registry.Write());
    }

    [Fact]
    public void Histograms_have_the_buckets_their_instrument_advises()
    {
        var histogram = _meter.CreateHistogram("delay_seconds", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in new[] { 0.0625, 0.125, 1, 2 })
            histogram.Record(value, new KeyValuePair<string, object?>("action", "vote"));

        Assert.Equal(
            """
            # TYPE delay_seconds histogram
            delay_seconds_bucket{action="vote",le="0.1"} 1
            delay_seconds_bucket{action="vote",le="1"} 3
            delay_seconds_bucket{action="vote",le="+Inf"} 4
            delay_seconds_sum{action="vote"} 3.1875
            delay_seconds_count{action="vote"} 4

            """,
            _registry.Write());
    }

    [Fact]
    public void Gauges_show_the_last_value_and_up_down_counters_the_sum()
    {
        var gauge = _meter.CreateGauge<int>("level");
        gauge.Record(5);
        gauge.Record(3);
        var jobs = _meter.CreateUpDownCounter<int>("jobs");
        jobs.Add(4);
        jobs.Add(-1);

        Assert.Equal("# TYPE jobs gauge\njobs 3\n# TYPE level gauge\nlevel 3\n", _registry.Write());
    }

    [Fact]
    public void Observed_instruments_are_asked_at_each_scrape_and_forget_what_they_no_longer_mention()
    {
        var storages = new List<string> { "a", "b" };
        _meter.CreateObservableGauge("up", () => storages.Select(name => new Measurement<int>(1, new KeyValuePair<string, object?>("storage", name))));
        Assert.Contains("up{storage=\"b\"} 1", _registry.Write(), StringComparison.Ordinal);

        storages.Remove("b");

        Assert.Equal("# TYPE up gauge\nup{storage=\"a\"} 1\n", _registry.Write());
    }

    [Fact]
    public void Names_of_opentelemetry_become_prometheus_names()
    {
        _meter.CreateCounter<long>("gateway.calls").Add(1);
        _meter.CreateHistogram("call.duration", unit: "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] }).Record(2);

        var text = _registry.Write();

        Assert.Contains("\ngateway_calls_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("call_duration_seconds_bucket{le=\"+Inf\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Series_beyond_the_bound_are_counted_together()
    {
        var counter = _meter.CreateCounter<long>("many");
        for (var i = 0; i < MetricFamily.SeriesMax + 7; i++)
            counter.Add(1, new KeyValuePair<string, object?>("path", i));

        var lines = _registry.Write().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(MetricFamily.SeriesMax + 2, lines.Length);
        Assert.Equal("many{overflow=\"true\"} 7", lines[^1]);
    }

    [Fact]
    public void Recording_into_a_known_series_allocates_nothing()
    {
        var counter = _meter.CreateCounter<long>("hot");
        object label = "value";
        for (var i = 0; i < 100; i++)
            counter.Add(1, new KeyValuePair<string, object?>("label", label));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("label", label));

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Concurrent_measurements_are_all_counted()
    {
        var histogram = _meter.CreateHistogram("h", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1L] });
        Parallel.For(0, 20_000, i => histogram.Record(i % 3));

        var text = _registry.Write();

        Assert.Contains("h_count 20000\n", text, StringComparison.Ordinal);
        Assert.Contains("h_sum 19999\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Meters_that_nobody_asked_for_are_left_out()
    {
        using var other = new Meter("Other." + Guid.NewGuid().ToString("n"));
        other.CreateCounter<long>("x").Add(1);

        Assert.Empty(_registry.Write());
    }

    public void Dispose()
    {
        _registry.Dispose();
        _meter.Dispose();
    }
}
