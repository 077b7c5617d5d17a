using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Cluster;

/// <summary>What the command line asks for.</summary>
internal sealed record SuiteArguments
{
    /// <summary>Folder to keep everything in; null: one that is deleted.</summary>
    public string? Data { get; init; }

    /// <summary>Silos and gateways as processes of their own, instead of gateway silos.</summary>
    public bool Split { get; init; }

    /// <summary>The events that were asked for; null: those that the cluster has.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }

    /// <summary>Events of the suite.</summary>
    public IReadOnlyList<string> Events => Chosen ?? Usual;

    /// <summary>For how long <c>stop-postgres</c> stops it.</summary>
    public TimeSpan Outage { get; init; } = SuiteSize.Full.Outage;

    /// <summary>Faults in random order and a check of histories, instead of events.</summary>
    public bool Linearizability { get; init; }

    /// <summary>One process with a SQLite file instead of a cluster.</summary>
    public bool Single { get; init; }

    /// <summary>Two clusters on the same records instead of one under faults.</summary>
    public bool Twins { get; init; }

    /// <summary>For how long faults are injected.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Decides which faults, when, and what clients do.</summary>
    public int Seed { get; init; } = Environment.ProcessId;

    public static string Usage => $"""
        usage: run.sh [--split] [--data FOLDER] [--events "NAME NAME"] [--postgres-minutes N]
               run.sh --linearizability [--split] [--data FOLDER] [--minutes N] [--seed N] [--single | --twins]
        events: {string.Join(' ', Cluster.Events.Uniform)}
        and, with a proxy before every port: {string.Join(' ', NetworkEvents.Uniform)}
        with --split: {string.Join(' ', Cluster.Events.Split)}
        and, with a proxy before every port: {string.Join(' ', NetworkEvents.Split)}
        """;

    private IReadOnlyList<string> Usual => Split ? Cluster.Events.Split : Cluster.Events.Uniform;

    /// <summary>Null, and what is wrong, when they are not understood.</summary>
    public static SuiteArguments? Read(ReadOnlySpan<string> arguments, out string problem)
    {
        var read = new SuiteArguments();
        problem = string.Empty;
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (read.With(name) is { } flagged)
            {
                read = flagged;
                continue;
            }

            var next = i + 1 < arguments.Length ? read.With(name, arguments[++i]) : null;
            if (next is null)
            {
                problem = $"{string.Join(' ', name, i < arguments.Length ? arguments[i] : string.Empty)} is not understood";
                return null;
            }

            read = next;
        }

        problem = read.Check() ?? string.Empty;
        return problem.Length == 0 ? read : null;
    }

    private SuiteArguments? With(string flag) => flag switch
    {
        "--linearizability" => this with { Linearizability = true },
        "--split" => this with { Split = true },
        "--single" => this with { Single = true },
        "--twins" => this with { Twins = true },
        _ => null,
    };

    private SuiteArguments? With(string name, string value)
    {
        var number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && parsed is > 0 and < 1000 ? parsed : (double?)null;
        return (name, number) switch
        {
            ("--data", _) => this with { Data = Path.GetFullPath(value) },
            ("--events", _) => this with { Chosen = value.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray() },
            ("--postgres-minutes", { } minutes) => this with { Outage = TimeSpan.FromMinutes(minutes) },
            ("--minutes", { } minutes) => this with { Length = TimeSpan.FromMinutes(minutes) },
            ("--seed", _) when int.TryParse(value, CultureInfo.InvariantCulture, out var seed) => this with { Seed = seed },
            _ => null,
        };
    }

    private string? Check()
    {
        if (Events.FirstOrDefault(name => !Usual.Concat(Split ? NetworkEvents.Split : NetworkEvents.Uniform).Contains(name, StringComparer.Ordinal)) is { } unknown)
            return $"there is no event {unknown} {(Split ? "with" : "without")} --split";
        if (Single && Split)
            return "--single and --split exclude each other";
        return (Single || Twins) && !Linearizability ? "--single and --twins go with --linearizability" : Single && Twins ? "--single and --twins exclude each other" : null;
    }
}
