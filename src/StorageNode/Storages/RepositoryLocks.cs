namespace Praefect.StorageNode.Storages;

/// <summary>
/// Lets one operation at a time create, remove, replicate, repack or repoint HEAD of one repository. Pushes and other reference updates
/// take no lock here: git's own reference locks order them.
/// </summary>
public sealed class RepositoryLocks
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Waits for the lock of <paramref name="repository"/> (and <paramref name="kind"/> of operation); disposing the result leaves it.</summary>
    public async Task<IDisposable> EnterAsync(RepositoryFolder repository, LockKind kind, CancellationToken cancellationToken)
    {
        var key = $"{kind}:{repository.FullPath}";
        Entry? entry;
        lock (_entries)
        {
            if (!_entries.TryGetValue(key, out entry))
            {
                _entries[key] = entry = new Entry();
            }

            entry.Users++;
        }

        try
        {
            await entry.Gate.WaitAsync(cancellationToken);
            return new Holder(this, key, entry);
        }
        catch
        {
            Leave(key, entry);
            throw;
        }
    }

    private void Leave(string key, Entry entry)
    {
        lock (_entries)
        {
            if (--entry.Users == 0)
            {
                _entries.Remove(key);
            }
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Holder(RepositoryLocks owner, string key, Entry entry) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                entry.Gate.Release();
                owner.Leave(key, entry);
            }
        }
    }
}

/// <summary>What a lock orders; different kinds do not wait for each other.</summary>
public enum LockKind
{
    /// <summary>Creating, removing and replicating.</summary>
    Existence,

    /// <summary>Changing where HEAD points.</summary>
    Head,

    /// <summary>Repacking and pruning.</summary>
    Maintenance,
}
