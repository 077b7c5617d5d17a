using Praefect.Grains.Embedded.Activations;

namespace Orleans.Runtime;

/// <summary>Values that travel with a call and with all calls that it makes. Values must never change; set a new one instead.</summary>
public static class RequestContext
{
    private const string Reentrancy = "#CCR";
    private static readonly AsyncLocal<Dictionary<string, object>?> Ambient = new();
    private static long s_lastReentrancyId;

    /// <summary>The chain of calls that may come back into grains that allowed it; empty: none.</summary>
    public static Guid ReentrancyId
    {
        get => ReentrancyIdIn(Ambient.Value);
        set
        {
            if (value == Guid.Empty) Remove(Reentrancy);
            else Set(Reentrancy, value);
        }
    }

    /// <summary>The names of all values.</summary>
    public static IEnumerable<string> Keys => Ambient.Value?.Keys ?? Enumerable.Empty<string>();

    // Never changed once it is here: another call may be carrying it.
    internal static Dictionary<string, object>? Values
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    /// <summary>The value; null when there is none.</summary>
    public static object? Get(string key) => Ambient.Value?.GetValueOrDefault(key);

    /// <summary>Sets a value for all calls made from here on in this flow.</summary>
    public static void Set(string key, object value) =>
        Ambient.Value = new Dictionary<string, object>(Ambient.Value ?? [], StringComparer.Ordinal) { [key] = value };

    /// <summary>Removes a value; false when there was none.</summary>
    public static bool Remove(string key)
    {
        if (Ambient.Value is not { } values || !values.ContainsKey(key)) return false;
        var rest = new Dictionary<string, object>(values, StringComparer.Ordinal);
        rest.Remove(key);
        Ambient.Value = rest.Count == 0 ? null : rest;
        return true;
    }

    /// <summary>Removes all values.</summary>
    public static void Clear() => Ambient.Value = null;

    /// <summary>Until it is disposed, calls that descend from here may come back into this grain while it waits for them.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var outer = ReentrancyId;
        return new ReentrancySection(outer, outer == Guid.Empty ? NewReentrancyId() : outer);
    }

    /// <summary>Until it is disposed, calls that descend from here may not come back.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    internal static Guid ReentrancyIdIn(Dictionary<string, object>? values) =>
        values is not null && values.TryGetValue(Reentrancy, out var id) && id is Guid guid ? guid : Guid.Empty;

    // Counted, not random: a simulation must see the same ids every time.
    private static Guid NewReentrancyId()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Interlocked.Increment(ref s_lastReentrancyId));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The extent of <see cref="AllowCallChainReentrancy"/> or <see cref="SuppressCallChainReentrancy"/>.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _outer;
        private readonly Guid _inner;

        internal ReentrancySection(Guid outer, Guid inner)
        {
            _outer = outer;
            _inner = inner;
            if (inner != outer) ReentrancyId = inner;
            if (inner != Guid.Empty) Turn.Ambient.Value?.Target?.EnterReentrantSection(inner);
        }

        /// <summary>Ends the section.</summary>
        public void Dispose()
        {
            if (_inner != Guid.Empty) Turn.Ambient.Value?.Target?.LeaveReentrantSection(_inner);
            if (_inner != _outer) ReentrancyId = _outer;
        }
    }
}
