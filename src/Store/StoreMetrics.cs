using System.Diagnostics.Metrics;

namespace Praefect.Store;

/// <summary>Counts what is sent to databases, so that "statements per call" can be read off a meter.</summary>
public static class StoreMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Praefect.Store";

    /// <summary>The counter's name; tags: <c>store</c> (sqlite), <c>operation</c> (read, write, clear, reminder, report, transaction, schema).</summary>
    public const string StatementsName = "praefect.store.statements";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Statements = Meter.CreateCounter<long>(StatementsName, "{statement}", "SQL statements sent to the store");

    internal static void Count(string store, string operation) =>
        Statements.Add(1, new KeyValuePair<string, object?>("store", store), new KeyValuePair<string, object?>("operation", operation));
}
