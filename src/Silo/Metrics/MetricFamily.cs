using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Praefect.Silo.Metrics;

/// <summary>All series of one instrument.</summary>
internal sealed class MetricFamily
{
    /// <summary>Most series of one instrument; what comes later is counted in one series labelled <c>overflow="true"</c>.</summary>
    public const int SeriesMax = 1_000;

    private static readonly double[] DefaultBounds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 10, 30, 60, 300, 1500];

    private readonly Kind _kind;
    private readonly bool _observed;
    private readonly bool _replaces;
    private readonly double[]? _bounds;
    private readonly string _help;
    private readonly ConcurrentDictionary<LabelSet, MetricSeries> _series = new(LabelSet.Comparer.Instance);
    private readonly ConcurrentDictionary<LabelSet, MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private readonly MetricSeries _overflow;
    private int _overflowed;

    public MetricFamily(Instrument instrument, IEnumerable<double>? configuredBounds)
    {
        _kind = KindOf(instrument);
        _observed = instrument.IsObservable;
        _replaces = _observed || Is(instrument, typeof(Gauge<>));
        _bounds = _kind == Kind.Histogram ? configuredBounds?.ToArray() ?? BoundsOf(instrument) : null;
        _help = (instrument.Description ?? string.Empty).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        _overflow = new MetricSeries("overflow=\"true\"", _bounds);
        Name = PrometheusNames.Of(instrument.Name, instrument.Unit, _kind == Kind.Counter);
    }

    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    public string Name { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (!_lookup.TryGetValue(labels, out var series))
            series = Open(labels);
        if (_kind == Kind.Histogram)
            series.Observe(value);
        else if (_replaces)
            series.Set(value);
        else
            series.Add(value);
    }

    /// <summary>Observed instruments say all they have at every scrape: what they no longer mention is gone.</summary>
    public void Forget()
    {
        if (_observed)
            _series.Clear();
    }

    public void Write(StringBuilder output)
    {
        if (_series.IsEmpty)
            return;
        if (_help.Length > 0)
            output.Append("# HELP ").Append(Name).Append(' ').Append(_help).Append('\n');
        output.Append("# TYPE ").Append(Name).Append(' ').Append(_kind switch
        {
            Kind.Counter => "counter",
            Kind.Gauge => "gauge",
            _ => "histogram",
        }).Append('\n');
        foreach (var series in _series.OrderBy(entry => entry.Key.Text, StringComparer.Ordinal))
            series.Value.Write(output, Name);
        if (Volatile.Read(ref _overflowed) != 0)
            _overflow.Write(output, Name);
    }

    /// <summary>The series of these labels, made at zero where it is new.</summary>
    public MetricSeries Open(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (_series.Count < SeriesMax)
        {
            var set = new LabelSet(labels);
            return _series.GetOrAdd(set, static (key, bounds) => new MetricSeries(key.Text, bounds), _bounds);
        }

        Volatile.Write(ref _overflowed, 1);
        return _overflow;
    }

    private static Kind KindOf(Instrument instrument)
    {
        if (Is(instrument, typeof(Histogram<>)))
            return Kind.Histogram;
        return Is(instrument, typeof(Counter<>)) || Is(instrument, typeof(ObservableCounter<>)) ? Kind.Counter : Kind.Gauge;
    }

    private static bool Is(Instrument instrument, Type generic) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == generic;

    private static double[] BoundsOf(Instrument instrument)
    {
        IEnumerable<double>? advised = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => bounds,
            Histogram<float> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => bounds.Select(bound => (double)bound),
            _ => null,
        };
        return advised is null ? DefaultBounds : [.. advised.Order()];
    }
}
