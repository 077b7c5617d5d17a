namespace Praefect.Simulation.Machines;

/// <summary>What a node has on disk: repositories by replica path, as maps from references to values. Outlives the node's process.</summary>
internal sealed class SimDisk(string storage)
{
    private readonly Dictionary<string, SortedDictionary<string, string>> _repositories = [];

    /// <summary>Raised after a repository on it changed.</summary>
    public event Action<SimDisk, string>? Changed;

    public string Storage { get; } = storage;

    public SortedDictionary<string, string>? Find(string path) => _repositories.GetValueOrDefault(path);

    /// <summary>All replica paths, in an order that does not depend on the past.</summary>
    public string[] Paths() => [.. _repositories.Keys.Order(StringComparer.Ordinal)];

    public void Set(string path, string reference, string value)
    {
        if (!_repositories.TryGetValue(path, out var references))
            _repositories.Add(path, references = new(StringComparer.Ordinal));
        references[reference] = value;
        Changed?.Invoke(this, path);
    }

    public void Replace(string path, SortedDictionary<string, string> references)
    {
        _repositories[path] = references;
        Changed?.Invoke(this, path);
    }

    /// <summary>All that it has now, for <see cref="Restore"/>.</summary>
    public IReadOnlyDictionary<string, SortedDictionary<string, string>> Backup() =>
        _repositories.ToDictionary(r => r.Key, r => new SortedDictionary<string, string>(r.Value, StringComparer.Ordinal));

    /// <summary>Becomes what it was, as a disk does that is put back from a backup or a snapshot.</summary>
    public void Restore(IReadOnlyDictionary<string, SortedDictionary<string, string>> backup)
    {
        string[] paths = [.. _repositories.Keys.Union(backup.Keys).Order(StringComparer.Ordinal)];
        _repositories.Clear();
        foreach (var (path, references) in backup)
            _repositories.Add(path, references);
        foreach (var path in paths)
            Changed?.Invoke(this, path);
    }

    public void Remove(string path)
    {
        if (_repositories.Remove(path))
            Changed?.Invoke(this, path);
    }
}
