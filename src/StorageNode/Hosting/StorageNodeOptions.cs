namespace Praefect.StorageNode.Hosting;

/// <summary>What a storage node is told at start.</summary>
public sealed record StorageNodeOptions
{
    /// <summary>Storages by name and folder; at least one.</summary>
    public required IReadOnlyList<StorageOptions> Storages { get; init; }

    /// <summary>Where to listen: <c>tcp://ADDRESS:PORT</c> (port 0: any free one) or <c>unix:PATH</c>; at least one.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Secret that callers sign with; empty: anybody may call.</summary>
    public string Token { get; init; } = "";

    /// <summary>Whether writes must be on the disk before they are acknowledged. Only tests should say no.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Git processes at once, 1 to 100,000.</summary>
    public int MaxGitProcesses { get; init; } = Git.GitProcessLimit.Default;

    /// <summary>Name or path of the git binary.</summary>
    public string GitPath { get; init; } = "git";

    /// <summary>How long calls under way may take to finish when the node stops.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>All that is wrong, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Storages.Count == 0)
        {
            errors.Add("no storage is given: add --storage NAME --path DIR");
        }

        foreach (var storage in Storages.Where(storage => storage.Name.Length == 0 || storage.Name.Any(c => char.IsControl(c) || c is '/' or '|')))
        {
            errors.Add($"storage name \"{storage.Name}\" is empty or holds control characters, '/' or '|'");
        }

        foreach (var twice in Storages.GroupBy(storage => storage.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            errors.Add($"storage name \"{twice.Key}\" is given twice");
        }

        if (Listen.Count == 0)
        {
            errors.Add("no address to listen on is given: add --listen tcp://127.0.0.1:0 or --listen unix:PATH");
        }

        errors.AddRange(Listen.Select(ListenAddress.Fault).OfType<string>());
        if (MaxGitProcesses is < 1 or > 100_000)
        {
            errors.Add($"the number of git processes ({MaxGitProcesses}) must be between 1 and 100000");
        }

        return errors;
    }
}

/// <summary>A storage: the name on the wire and its folder.</summary>
public sealed record StorageOptions(string Name, string Path);
