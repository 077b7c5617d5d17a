using System.Collections.Immutable;

namespace Praefect.Cluster.Histories;

/// <summary>
/// What every read is promised, whichever replica serves it: a value that somebody wrote, and none that had been overwritten by an acknowledged write before the
/// read began. It is the rule of a regular register. What two reads see while a write is under way, or in doubt, is not ordered: replicas make a change visible one
/// after the other, so one may be read with it and the next one without it.
/// </summary>
internal static class AcknowledgedReads
{
    private static readonly Operation s_beginning = new("nobody", OperationKind.Write, null, null, OperationResult.Done, long.MinValue, long.MinValue);

    /// <summary>Checks the reads of the history of one reference that did not exist at first. No value is written twice but "none".</summary>
    public static Verdict Check(IEnumerable<Operation> history)
    {
        var all = history.ToArray();
        ImmutableArray<Operation> writes = [s_beginning, .. all.Where(static operation => operation.Changes)];
        var acknowledged = new OverwrittenBy(writes);
        foreach (var read in all.Where(static operation => operation is { Kind: OperationKind.Read, Result: OperationResult.Done }))
        {
            var sources = writes.Where(write => write.Value == read.Value && write.Started <= read.Ended).ToArray();
            if (sources.Length == 0)
                return new Verdict($"nobody had written what was read: {read}");
            if (Array.TrueForAll(sources, source => acknowledged.Before(source, read.Started)))
                return new Verdict($"a stale read: {read}\n  of: {sources[^1]}\n  overwritten by: {acknowledged.First(sources[^1], read.Started)}");
        }

        return Verdict.Good;
    }

    private sealed class OverwrittenBy(ImmutableArray<Operation> writes)
    {
        private readonly Operation[] _byEnd = [.. writes.Where(static write => write.Result == OperationResult.Done).OrderBy(static write => write.Ended)];
        private readonly ILookup<string, Operation> _found = writes
            .Where(static write => write is { Kind: OperationKind.Swap, Result: OperationResult.Done, Expected: not null })
            .ToLookup(static write => write.Expected!, StringComparer.Ordinal);

        public bool Before(Operation source, long time) => First(source, time) is not null;

        // Another write came after the source for certain if it began when that had ended, or if it is a swap that found the source's value.
        public Operation? First(Operation source, long time)
        {
            if (source.Value is { } value && _found[value].FirstOrDefault(swap => swap.Ended < time) is { } swapped)
                return swapped;
            return Array.Find(_byEnd, write => write.Ended < time && write.Started > source.Until);
        }
    }
}
