using System.Globalization;

namespace Praefect.Store;

/// <summary>Another process has the store open.</summary>
/// <param name="message">Which store, and what to do.</param>
/// <param name="inner">What the lock said.</param>
public sealed class StoreLockedException(string message, Exception? inner = null) : InvalidOperationException(message, inner);

/// <summary>The store was written by a newer version of this program.</summary>
/// <param name="message">Both versions, and what to do.</param>
public sealed class StoreSchemaException(string message) : InvalidOperationException(message);

/// <summary>The store holds another version of a state than the one that was read.</summary>
/// <param name="key">Which state.</param>
/// <param name="expected">The version that the writer had read; null: none.</param>
/// <param name="stored">The version that the store holds, where known.</param>
public sealed class StoreConflictException(StateKey key, long? expected, long? stored = null)
    : Exception($"{key} was changed by another writer: expected version {expected?.ToString(CultureInfo.InvariantCulture) ?? "none"}")
{
    /// <summary>The version that the writer had read; null: none.</summary>
    public long? Expected { get; } = expected;

    /// <summary>The version that the store holds, where known.</summary>
    public long? Stored { get; } = stored;
}
