using System.Globalization;
using Orleans.Storage;

namespace Praefect.Grains.Embedded.Storage;

/// <summary>Another process has the store open.</summary>
/// <param name="message">Which store, and what to do.</param>
/// <param name="inner">What the lock said.</param>
public sealed class StoreLockedException(string message, Exception? inner = null) : InvalidOperationException(message, inner);

/// <summary>The store was written by a newer version of this program.</summary>
/// <param name="message">Both versions, and what to do.</param>
public sealed class StoreSchemaException(string message) : InvalidOperationException(message);

internal static class StoreConflicts
{
    internal static InconsistentStateException Conflict(StateKey key, long? expected, long? stored = null) => new(
        $"State '{key.Name}' of {key.GrainId} was changed by another writer: expected version {Text(expected)}.", stored is null ? null : Text(stored), Text(expected));

    private static string Text(long? version) => version?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
