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

    public void Remove(string path)
    {
        if (_repositories.Remove(path))
            Changed?.Invoke(this, path);
    }
}
