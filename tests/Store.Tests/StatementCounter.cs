using System.Diagnostics.Metrics;

namespace Praefect.Store.Tests;

/// <summary>Counts what a test sends to the store, by operation.</summary>
internal sealed class StatementCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    internal StatementCounter()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == StoreMetrics.MeterName) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var operation = (string)tags[1].Value!;
            lock (_counts) _counts[operation] = _counts.GetValueOrDefault(operation) + value;
        });
        _listener.Start();
    }

    internal long this[string operation]
    {
        get
        {
            lock (_counts) return _counts.GetValueOrDefault(operation);
        }
    }

    public void Dispose() => _listener.Dispose();
}
