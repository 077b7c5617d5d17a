using System.Collections.Immutable;
using System.Globalization;
using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Registers;

/// <summary>What a run with faults came to.</summary>
/// <param name="Problems">Everything that must not be; empty when all is well.</param>
/// <param name="Acknowledged">Writes and swaps that took place for certain.</param>
/// <param name="Differed">Swaps that were told that the value was another one.</param>
/// <param name="Unknown">Writes and swaps of unknown outcome.</param>
/// <param name="Reads">Reads that were answered.</param>
/// <param name="Faults">How often each fault was injected.</param>
/// <param name="Calls">What callers saw of it.</param>
internal sealed record RegisterReport(
    ImmutableArray<string> Problems, int Acknowledged, int Differed, int Unknown, int Reads, IReadOnlyDictionary<string, int> Faults, EventRow Calls)
{
    /// <summary>Checks the histories.</summary>
    public static IEnumerable<string> Check(IEnumerable<Register> registers, bool withReads)
    {
        foreach (var register in registers)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"repository {register.Repository} {register.Reference}");
            if (Linearizability.Check(register.History.Where(static operation => operation.Kind != OperationKind.Read || operation.Who == RegisterRun.Disk)) is { Ok: false } order)
                yield return $"{name}, writes and what is on the disks: {order.Problem}";
            if (withReads && AcknowledgedReads.Check(register.History) is { Ok: false } reads)
                yield return $"{name}, reads: {reads.Problem}";
        }
    }

    /// <summary>More than is promised: how many histories are linearizable with their reads, those of primaries or all of them.</summary>
    public static string Beyond(ImmutableArray<Register> registers)
    {
        var primaries = registers.Count(static register => Linearizability.Check(register.History.Where(OfPrimaries)).Ok);
        var all = registers.Count(static register => Linearizability.Check(register.History).Ok);
        return string.Create(
            CultureInfo.InvariantCulture, $"not promised, and so only counted: linearizable with the reads of primaries {primaries} of {registers.Length}, with all reads {all} of {registers.Length}");

        static bool OfPrimaries(Operation operation) =>
            operation.Kind != OperationKind.Read || operation.Who == RegisterRun.Disk || operation.Who.EndsWith(RegisterRun.OfThePrimary, StringComparison.Ordinal);
    }

    public string Text()
    {
        var faults = string.Join(", ", Faults.Select(static fault => string.Create(CultureInfo.InvariantCulture, $"{fault.Value} {fault.Key}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            faults injected: {Faults.Values.Sum()} ({faults})
            writes: {Acknowledged} acknowledged, {Differed} refused because the value was another one, {Unknown} of unknown outcome; reads answered: {Reads}
            longest time in which a repository had no successful call: reads {Calls.ReadGap.TotalSeconds:0.0} s, writes {Calls.WriteGap.TotalSeconds:0.0} s
            errors of reads: {Calls.ReadErrors}; of writes: {Calls.WriteErrors}
            {(Problems.IsEmpty ? "0 acknowledged writes lost, no stale read, all replicas identical" : "WRONG:\n" + string.Join('\n', Problems))}
            """);
    }
}
