using System.Globalization;
using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Tests.Histories;

/// <summary>Histories from a seed.</summary>
internal static class RegisterHistory
{
    /// <summary>What clients of a register see that takes every operation at once, at some time between start and end, and loses some answers.</summary>
    public static IReadOnlyList<Operation> Make(Random random, int operations, int clients)
    {
        var free = new long[clients];
        var plans = new List<(long At, int Client, long Started, long Ended)>();
        for (var i = 0; i < operations; i++)
        {
            var client = random.Next(clients);
            var started = free[client] + random.Next(1, 20);
            var ended = started + random.Next(2, 60);
            free[client] = ended;
            plans.Add((random.NextInt64(started, ended + 1), client, started, ended));
        }

        string? value = null;
        return [.. plans.OrderBy(static plan => plan.At).Select((plan, number) => Step(random, number, plan.Client, plan.Started, plan.Ended, ref value))];
    }

    /// <summary>A few operations with made-up answers: some of these histories are possible, some are not.</summary>
    public static IReadOnlyList<Operation> MakeUp(Random random) => [.. Enumerable.Range(0, random.Next(2, 7)).Select(_ =>
    {
        var started = random.Next(20);
        var ended = started + random.Next(1, 10);
        var (value, old) = (Value(random), Value(random));
        return random.Next(6) switch
        {
            0 or 1 => Told.Read(value, started, ended),
            2 => Told.Write(value, started, ended),
            3 => Told.Swap(old, value, started, ended),
            4 => random.Next(2) == 0 ? Told.MaybeWrite(value, started, ended) : Told.MaybeSwap(old, value, started, ended),
            _ => Told.Differed(old, value, started, ended),
        };
    })];

    private static string? Value(Random random) => random.Next(4) switch { 0 => null, 1 => "a", 2 => "b", _ => "c" };

    private static Operation Step(Random random, int number, int client, long started, long ended, ref string? value)
    {
        var who = string.Create(CultureInfo.InvariantCulture, $"client {client}");
        var written = random.Next(8) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"v{number}");
        var (kind, expected) = random.Next(3) switch
        {
            0 => (OperationKind.Read, null),
            1 => (OperationKind.Write, null),
            _ => (OperationKind.Swap, random.Next(3) == 0 ? "v0" : value),
        };
        if (kind == OperationKind.Read)
            return new Operation(who, kind, null, value, OperationResult.Done, started, ended);
        var unknown = random.Next(5) == 0;
        var takes = (kind == OperationKind.Write || expected == value) && !(unknown && random.Next(2) == 0);
        if (takes)
            value = written;
        var result = unknown ? OperationResult.Unknown : takes ? OperationResult.Done : OperationResult.Differed;
        return new Operation(who, kind, expected, written, result, started, ended);
    }
}
