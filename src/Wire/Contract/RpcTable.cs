using System.Globalization;

namespace Praefect.Wire.Contract;

/// <summary>Reads the registry's data file. Every cell must be understood: a row half understood would route a write as a read.</summary>
internal static class RpcTable
{
    private const int Columns = 12;

    /// <exception cref="FormatException">A row has an unknown word, a missing column, or contradicts itself; the message names the line.</exception>
    public static IEnumerable<RpcMethod> Parse(TextReader reader)
    {
        var header = false;
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!header)
            {
                header = true;
                continue;
            }

            RpcMethod method;
            try
            {
                method = ParseRow(line.Split('\t'));
            }
            catch (FormatException e)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"rpc table, line {number}: {e.Message}"), e);
            }

            yield return method;
        }
    }

    private static RpcMethod ParseRow(string[] cells)
    {
        if (cells.Length != Columns)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{cells.Length} columns, expected {Columns}"));
        }

        var slash = cells[0].LastIndexOf('/');
        if (slash < 2 || cells[0][0] != '/' || slash == cells[0].Length - 1)
        {
            throw new FormatException($"\"{cells[0]}\" is not a method path");
        }

        var method = new RpcMethod
        {
            Path = cells[0],
            Service = cells[0][1..slash],
            Name = cells[0][(slash + 1)..],
            ClientStreaming = YesNo(cells[1], 0),
            ServerStreaming = YesNo(cells[1], 1),
            Operation = Operation(cells[2]),
            Scope = Scope(cells[3]),
            Target = Path(cells[4]),
            AdditionalRepository = Path(cells[5]),
            Storage = Path(cells[6]),
            Handling = Handling(cells[7]),
            Since = cells[9],
            InputType = "gitaly." + cells[10],
            OutputType = "gitaly." + cells[11],
        };
        method = cells[8] == "-" ? method : cells[8].Split(',').Aggregate(method, WithFlag);
        return Checked(method);
    }

    private static RpcMethod WithFlag(RpcMethod method, string flag)
    {
        var at = flag.IndexOf('@', StringComparison.Ordinal);
        var version = at < 0 ? "" : flag[(at + 1)..];
        return (at < 0 ? flag : flag[..at], version.Length > 0) switch
        {
            ("votes", false) => method with { Votes = true },
            ("creates", false) => method with { Creates = true },
            ("upserts", false) => method with { Upserts = true },
            ("primary", false) => method with { ForcesPrimary = true },
            ("deprecated", false) => method with { Deprecated = true },
            ("removed", true) => method with { RemovedIn = version },
            ("mutator", true) => method with { LaterOperation = new OperationChange(RpcOperation.Mutator, version) },
            _ => throw new FormatException($"unknown flag \"{flag}\""),
        };
    }

    private static RpcMethod Checked(RpcMethod m)
    {
        var routed = m.Handling is RpcHandling.Proxy or RpcHandling.Handler;
        var problem = m switch
        {
            { Handling: not RpcHandling.Own, Operation: RpcOperation.None } => "a routed method needs an operation",
            { Handling: RpcHandling.Own, Operation: not RpcOperation.None } => "an intercepted method has no operation",
            { Scope: RpcScope.Repository, Target: null } => "repository scope needs a target",
            { Scope: RpcScope.Storage, Storage: null } when routed => "storage scope needs the way to the storage name",
            { Scope: RpcScope.None } when m.Operation != RpcOperation.None => "an operation needs a scope",
            { Votes: true, Operation: not RpcOperation.Mutator } => "only mutators vote",
            { Creates: true, Operation: not RpcOperation.Mutator } => "only mutators create",
            { Upserts: true, Creates: false } => "an upsert creates",
            { ForcesPrimary: true, Operation: not RpcOperation.Accessor } => "only accessors are forced to the primary",
            { Storage.Numbers.Length: > 1 } => "a storage name lies in the request itself",
            // The rewriter edits both in one pass, which holds only while neither lies inside the other.
            { Target: { } t, AdditionalRepository: { } a } when t.Numbers[0] == a.Numbers[0] => "target and additional repository share a field",
            _ => null,
        };
        return problem is null ? m : throw new FormatException($"{m.Path}: {problem}");
    }

    private static bool YesNo(string cell, int index) =>
        cell.Length == 2 && cell[index] is 'y' or 'n' ? cell[index] == 'y' : throw new FormatException($"unknown stream kind \"{cell}\"");

    private static FieldPath? Path(string cell) => cell == "-" ? null : FieldPath.Parse(cell);

    private static RpcOperation Operation(string cell) => cell switch
    {
        "-" => RpcOperation.None,
        "accessor" => RpcOperation.Accessor,
        "mutator" => RpcOperation.Mutator,
        "maintenance" => RpcOperation.Maintenance,
        _ => throw new FormatException($"unknown operation \"{cell}\""),
    };

    private static RpcScope Scope(string cell) => cell switch
    {
        "-" => RpcScope.None,
        "repository" => RpcScope.Repository,
        "storage" => RpcScope.Storage,
        "partition" => RpcScope.Partition,
        _ => throw new FormatException($"unknown scope \"{cell}\""),
    };

    private static RpcHandling Handling(string cell) => cell switch
    {
        "proxy" => RpcHandling.Proxy,
        "handler" => RpcHandling.Handler,
        "own" => RpcHandling.Own,
        "refused" => RpcHandling.Refused,
        _ => throw new FormatException($"unknown handling \"{cell}\""),
    };
}
