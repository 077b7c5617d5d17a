using System.Collections.Frozen;
using Praefect.Wire.Contract;

namespace Praefect.Gateway.Turns;

/// <summary>The rule of every mutator, read from a table beside this file: what a call touches is data, not code.</summary>
internal static class TurnTable
{
    private const string Resource = "Praefect.Gateway.Turns.turns.tsv";
    private const int Columns = 6;
    private static readonly FrozenDictionary<string, TurnRule> s_rules = Load();

    /// <summary>Paths of the methods in the table.</summary>
    public static IEnumerable<string> Paths => s_rules.Keys;

    /// <summary>The rule of a method; one that is not in the table takes no turn.</summary>
    public static TurnRule Of(RpcMethod method) => s_rules.GetValueOrDefault(method.Path, TurnRule.None);

    private static FrozenDictionary<string, TurnRule> Load()
    {
        using var stream = typeof(TurnTable).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the assembly carries no resource {Resource}");
        using var reader = new StreamReader(stream);
        var rows = reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#').Skip(1);
        return rows.Select(r => r.Split('\t')).ToFrozenDictionary(c => c[0], Parse, StringComparer.Ordinal);
    }

    private static TurnRule Parse(string[] cells)
    {
        if (cells.Length != Columns)
            throw new FormatException($"turn table, \"{cells[0]}\": {cells.Length} columns, expected {Columns}");
        return cells[1] switch
        {
            "none" => TurnRule.None,
            "push" => TurnRule.None with { IsPush = true },
            "refs" => new TurnRule
            {
                Names = FieldPath.Parse(cells[2]),
                Prefix = cells[3] == "-" ? string.Empty : cells[3],
                AlwaysDeletes = cells[4] == "always",
                NewValues = cells[4] is "-" or "always" ? null : FieldPath.Parse(cells[4]),
                Whole = cells[5] == "-" ? null : FieldPath.Parse(cells[5]),
            },
            var other => new TurnRule { Fixed = other },
        };
    }
}
