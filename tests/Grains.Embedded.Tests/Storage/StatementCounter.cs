using System.Diagnostics.Metrics;
using Praefect.Store;

namespace Praefect.Grains.Embedded.Tests.Storage;

/// <summary>Counts what one flow of a test sends to a store kind, by operation.</summary>
internal sealed class StatementCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    internal StatementCounter(string store)
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == StoreMetrics.MeterName) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags[0].Value as string != store) return;
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
