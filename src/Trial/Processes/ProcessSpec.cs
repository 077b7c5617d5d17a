using System.Collections.Immutable;

namespace Praefect.Trial.Processes;

/// <summary>What to start.</summary>
public sealed record ProcessSpec
{
    /// <summary>Name in messages.</summary>
    public required string Name { get; init; }

    /// <summary>Executable.</summary>
    public required string FileName { get; init; }

    /// <summary>Arguments, passed on as they are: there is no shell.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>Variables added to the environment.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Folder to start in; null: this process's.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>File that standard output and standard error are appended to.</summary>
    public required string LogFile { get; init; }

    /// <summary>
    /// Whether the process serves: asked again and again after the start until it says so. An exception counts as not yet. Null: ready when started.
    /// </summary>
    public Func<CancellationToken, Task<bool>>? Ready { get; init; }
}
