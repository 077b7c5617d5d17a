using System.Collections.Concurrent;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>The grains' store in memory, as JSON with versions. Tests count its writes, hold them back and make them fail.</summary>
public sealed class TestStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string? Json, long Version)> _rows = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Control> _controls = new(StringComparer.Ordinal);
    private long _versions;

    /// <summary>What a test decides for one grain, found by a part of its key.</summary>
    public Control For(string keyPart) => _controls.GetOrAdd(keyPart, _ => new Control());

    /// <returns>The row; null when there never was one. Without text it was cleared.</returns>
    public (string? Json, long Version)? Read(string key)
    {
        lock (_gate)
            return _rows.TryGetValue(key, out var row) ? row : null;
    }

    /// <returns>The new version; null when the row is at another than the expected one.</returns>
    public async Task<long?> WriteAsync(string key, string? json, long? expected)
    {
        var control = _controls.FirstOrDefault(c => key.Contains(c.Key, StringComparison.Ordinal)).Value ?? new Control();
        control.Started();
        await control.Held;
        if (control.Failing)
            throw new IOException("the store is down");
        lock (_gate)
        {
            var current = _rows.TryGetValue(key, out var row) ? row.Version : (long?)null;
            if (current != expected)
                return null;
            control.Done();
            _rows[key] = (json, ++_versions);
            return _versions;
        }
    }

    /// <summary>Somebody else writes the row: whoever read it before loses.</summary>
    public void Touch(string keyPart)
    {
        lock (_gate)
        {
            var key = _rows.Keys.Single(k => k.Contains(keyPart, StringComparison.Ordinal));
            _rows[key] = (_rows[key].Json, ++_versions);
        }
    }

    /// <summary>Somebody who reads the row now, and writes it when the test says so.</summary>
    public Func<Task<bool>> Reader(string keyPart)
    {
        lock (_gate)
        {
            var (key, row) = _rows.Single(r => r.Key.Contains(keyPart, StringComparison.Ordinal));
            return async () => await WriteAsync(key, row.Json, row.Version) is not null;
        }
    }

    /// <summary>The text of a row; null when it is cleared or was never written.</summary>
    public string? Text(string keyPart)
    {
        lock (_gate)
            return _rows.SingleOrDefault(r => r.Key.Contains(keyPart, StringComparison.Ordinal)).Value.Json;
    }

    /// <summary>The texts of all rows of some grains.</summary>
    public IReadOnlyList<string> Texts(string keyPart)
    {
        lock (_gate)
            return [.. _rows.Where(r => r.Value.Json is not null && r.Key.Contains(keyPart, StringComparison.Ordinal)).Select(r => r.Value.Json!)];
    }

    public sealed class Control
    {
        private int _writes;
        private int _starts;

        public Task Held { get; set; } = Task.CompletedTask;

        public bool Failing { get; set; }

        /// <summary>Writes that were taken.</summary>
        public int Writes => Volatile.Read(ref _writes);

        /// <summary>Writes that were asked for.</summary>
        public int Starts => Volatile.Read(ref _starts);

        internal void Done() => Interlocked.Increment(ref _writes);

        internal void Started() => Interlocked.Increment(ref _starts);
    }
}
