using System.Globalization;
using System.Text.RegularExpressions;

namespace Praefect.Cluster;

/// <summary>What callers saw during one event.</summary>
internal sealed record EventRow(string Name, TimeSpan Lasted, int Reads, int Writes, string ReadErrors, string WriteErrors, TimeSpan ReadGap, TimeSpan WriteGap);

/// <summary>Makes the rows and prints them.</summary>
internal static partial class EventTable
{
    /// <summary>Sums up the calls that ended within the event. A gap is the longest time in which any one repository had no successful call of the kind.</summary>
    public static EventRow Row(string name, long from, long to, IReadOnlyCollection<CallRecord> calls, int repositories, TimeProvider time)
    {
        var within = calls.Where(call => call.Ended >= from && call.Ended <= to).ToArray();
        return new EventRow(
            name,
            time.GetElapsedTime(from, to),
            within.Count(static call => !call.Write),
            within.Count(static call => call.Write),
            Errors(within.Where(static call => !call.Write)),
            Errors(within.Where(static call => call.Write)),
            Gap(within, write: false),
            Gap(within, write: true));

        TimeSpan Gap(CallRecord[] records, bool write) => Enumerable.Range(0, repositories).Max(repository =>
        {
            long[] good = [from, .. records.Where(call => call.Repository == repository && call.Write == write && call.Status == "OK").Select(static call => call.Ended).Order(), to];
            return good.Zip(good.Skip(1), time.GetElapsedTime).Max();
        });
    }

    public static string Text(IEnumerable<EventRow> rows)
    {
        var lines = rows.Select(static row => string.Create(
            CultureInfo.InvariantCulture,
            $"| {row.Name} | {row.Lasted.TotalSeconds:0} s | {row.Reads} | {row.ReadErrors} | {row.ReadGap.TotalSeconds:0.0} s | {row.Writes} | {row.WriteErrors} | {row.WriteGap.TotalSeconds:0.0} s |"));
        return "| event | lasted | reads | errors | longest gap | writes | errors | longest gap |\n|---|---|---|---|---|---|---|---|\n" + string.Join('\n', lines);
    }

    /// <summary>What callers were told when a call failed, each text once with how often it came.</summary>
    public static IEnumerable<string> Reasons(long from, long to, IReadOnlyCollection<CallRecord> calls) => calls
        .Where(call => call.Ended >= from && call.Ended <= to && call.Status != "OK")
        .GroupBy(static call => $"{call.Status}: {Numbers().Replace(call.Reason, "N")}", StringComparer.Ordinal)
        .Select(static group => string.Create(
            CultureInfo.InvariantCulture,
            $"    {group.Count()} × {group.Key} (after {Middle(group).TotalMilliseconds:0} ms in the middle, {group.Max(static call => call.Took).TotalMilliseconds:0} at most)"));

    /// <summary>How many of the calls of a kind succeeded, in percent; 100 of none.</summary>
    public static double Succeeded(long from, long to, IEnumerable<CallRecord> calls, bool write)
    {
        var ended = calls.Where(call => call.Ended >= from && call.Ended <= to && call.Write == write).ToArray();
        return ended.Length == 0 ? 100 : 100.0 * ended.Count(static call => call.Status == "OK") / ended.Length;
    }

    // Transactions, silos and messages: no two are the same.
    [GeneratedRegex(@"\b(?=[A-Fa-f]*\d)[0-9A-Fa-f]{8,}\b")]
    private static partial Regex Numbers();

    private static TimeSpan Middle(IEnumerable<CallRecord> calls)
    {
        var ordered = calls.Select(static call => call.Took).Order().ToArray();
        return ordered[ordered.Length / 2];
    }

    private static string Errors(IEnumerable<CallRecord> calls)
    {
        var errors = calls.Where(static call => call.Status != "OK").GroupBy(static call => call.Status, StringComparer.Ordinal).OrderByDescending(static group => group.Count());
        var text = string.Join(", ", errors.Select(static group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} {group.Key}")));
        return text.Length == 0 ? "0" : text;
    }
}
