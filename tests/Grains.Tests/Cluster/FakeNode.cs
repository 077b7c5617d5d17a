using System.Security.Cryptography;
using System.Text;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>A storage node in memory: repositories are maps from references to objects.</summary>
public sealed class FakeNode
{
    private readonly Lock _gate = new();
    private int _waiting;
    private readonly Dictionary<string, SortedDictionary<string, string>> _repositories = new(StringComparer.Ordinal);

    public bool Alive { get; set; } = true;

    /// <summary>Overrides what the directory says of its health; null: whether it is alive.</summary>
    public bool? Healthy { get; set; }

    /// <summary>Calls on it wait until this ends.</summary>
    public Task Hang { get; set; } = Task.CompletedTask;

    /// <summary>The directory says that it answers nothing.</summary>
    public bool Silent { get; set; }

    /// <summary>So many probes get no answer.</summary>
    public int Silences { get; set; }

    public int Copies { get; private set; }

    /// <summary>Copies made to it are not what their source is.</summary>
    public bool SpoilsCopies { get; set; }

    /// <summary>Calls that wait for <see cref="Hang"/>.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whose turn it was when calls that waited were cut off; the default scheduler's: nobody's.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<TaskScheduler> CutOffIn { get; } = [];

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var hanging = Hang.WaitAsync(cancellationToken);
            // Registered last and so called first, before the end of the call can take it back.
            await using var ended = cancellationToken.UnsafeRegister(static node => ((FakeNode)node!).CutOffIn.Enqueue(TaskScheduler.Current), this);
            await hanging;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Pools by the repositories linked to them.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Pools { get; } = new(StringComparer.Ordinal);

    public bool TakeSilence()
    {
        lock (_gate)
            return Silences > 0 && Silences-- > 0;
    }

    public string? Read(string path, string reference)
    {
        lock (_gate)
            return _repositories.TryGetValue(path, out var refs) ? refs.GetValueOrDefault(reference) : null;
    }

    public void Write(string path, string reference, string target)
    {
        if (!Alive)
            throw new NodeException("connection refused");
        lock (_gate)
        {
            if (!_repositories.TryGetValue(path, out var refs))
                _repositories.Add(path, refs = new(StringComparer.Ordinal));
            refs[reference] = target;
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
            _repositories.Remove(path);
    }

    public bool Has(string path)
    {
        lock (_gate)
            return _repositories.ContainsKey(path);
    }

    /// <summary>When repositories changed; others long ago.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, DateTimeOffset> ChangedAt { get; } = new(StringComparer.Ordinal);

    /// <summary>How often it was walked.</summary>
    public int Walks { get; private set; }

    /// <summary>Walks end with an error.</summary>
    public bool WalksFail { get; set; }

    public IReadOnlyList<string> Walk()
    {
        lock (_gate)
        {
            Walks++;
            if (WalksFail)
                throw new NodeException("broken off");
            return [.. _repositories.Keys];
        }
    }

    public string? Checksum(string path)
    {
        lock (_gate)
        {
            if (!_repositories.TryGetValue(path, out var refs))
                return null;
            var text = string.Join('\n', refs.Select(r => $"{r.Key} {r.Value}"));
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..40];
        }
    }

    public SortedDictionary<string, string>? Copy(string path)
    {
        lock (_gate)
            return _repositories.TryGetValue(path, out var refs) ? new(refs, StringComparer.Ordinal) : null;
    }

    public void Replace(string path, SortedDictionary<string, string> refs)
    {
        lock (_gate)
        {
            _repositories[path] = refs;
            if (SpoilsCopies)
                refs["refs/spoilt"] = "1";
            Copies++;
        }
    }
}
