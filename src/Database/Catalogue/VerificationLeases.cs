using Praefect.Grains.Catalogue;

namespace Praefect.Database.Catalogue;

/// <summary>Verifications under way, in the one process that has the file. Those that nobody ends lapse; safe for many callers.</summary>
internal sealed class VerificationLeases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long RepositoryId, string Storage), DateTimeOffset> _until = [];

    /// <summary>Forgets those that have ended.</summary>
    /// <returns>How many are left.</returns>
    public int Lapse(DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (var ended in _until.Where(lease => lease.Value <= now).Select(static lease => lease.Key).ToArray())
                _until.Remove(ended);
            return _until.Count;
        }
    }

    /// <summary>Whether somebody verifies the replica.</summary>
    public bool Has(DueVerification replica)
    {
        lock (_gate)
            return _until.ContainsKey((replica.RepositoryId, replica.Storage));
    }

    /// <summary>Somebody verifies these from now on.</summary>
    public void Add(IReadOnlyCollection<DueVerification> replicas, DateTimeOffset until)
    {
        lock (_gate)
        {
            foreach (var replica in replicas)
                _until[(replica.RepositoryId, replica.Storage)] = until;
        }
    }

    /// <summary>These are verified.</summary>
    public void Remove(IReadOnlyCollection<DueVerification> replicas)
    {
        lock (_gate)
        {
            foreach (var replica in replicas)
                _until.Remove((replica.RepositoryId, replica.Storage));
        }
    }
}
