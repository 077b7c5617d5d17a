using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Text;

namespace Praefect.Silo.Metrics;

/// <summary>
/// Collects what the process measures and writes it in Prometheus' text format. Recording into a known series allocates nothing; a scrape asks no
/// database. Series per instrument are bounded.
/// </summary>
public sealed class MetricsRegistry : IDisposable
{
    /// <summary>Media type of the text that <see cref="Write"/> makes.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Most instruments that are exposed; later ones are left out.</summary>
    public const int InstrumentsMax = 1_000;

    private readonly ImmutableArray<string> _meters;
    private readonly ImmutableDictionary<string, ImmutableArray<double>> _buckets;
    private readonly ImmutableArray<KnownSeries> _known;
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _scraping = new();

    /// <summary>Listens from now on.</summary>
    /// <param name="meters">Names of meters, or beginnings of names ending in <c>*</c>.</param>
    /// <param name="buckets">Upper bounds of the buckets of histograms by instrument name, ahead of what the instrument advises.</param>
    /// <param name="known">Series that are there from the start, at zero.</param>
    public MetricsRegistry(
        ImmutableArray<string> meters, ImmutableDictionary<string, ImmutableArray<double>>? buckets = null, ImmutableArray<KnownSeries> known = default)
    {
        _known = known.IsDefault ? [] : known;
        _buckets = buckets ?? ImmutableDictionary<string, ImmutableArray<double>>.Empty;
        _meters = meters;
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<short>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<int>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<long>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<float>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<double>(static (_, value, labels, family) => Record(family, value, labels));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, labels, family) => Record(family, (double)value, labels));
        _listener.Start();
    }

    /// <summary>Everything measured so far, families ordered by name.</summary>
    public string Write()
    {
        lock (_scraping)
        {
            foreach (var family in _families.Values)
                family.Forget();
            _listener.RecordObservableInstruments();
            var output = new StringBuilder();
            var written = new HashSet<string>(StringComparer.Ordinal);
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                // Two instruments of one name would make a text that Prometheus refuses as a whole.
                if (written.Add(family.Name))
                    family.Write(output);
            }

            return output.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels) => ((MetricFamily)family!).Record(value, labels);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!_meters.Any(meter => Matches(meter, instrument.Meter.Name)) || _families.Count >= InstrumentsMax)
            return;
        listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, Create));
    }

    private MetricFamily Create(Instrument instrument)
    {
        var family = new MetricFamily(instrument, _buckets.TryGetValue(instrument.Name, out var bounds) ? bounds : null);
        foreach (var series in _known.Where(series => string.Equals(series.Instrument, instrument.Name, StringComparison.Ordinal)))
            family.Open(series.Labels.AsSpan());
        return family;
    }

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : string.Equals(pattern, name, StringComparison.Ordinal);
}
