using System.Collections.Concurrent;
using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Registers;

/// <summary>A reference that clients read, write and swap, and what they saw.</summary>
internal sealed class Register(int repository, string reference)
{
    private readonly ConcurrentQueue<Operation> _history = new();

    public int Repository { get; } = repository;

    public string Reference { get; } = reference;

    public IReadOnlyCollection<Operation> History => _history;

    public void Add(Operation operation) => _history.Enqueue(operation);
}
