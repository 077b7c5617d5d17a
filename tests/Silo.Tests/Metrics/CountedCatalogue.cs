using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;

namespace Praefect.Silo.Tests.Metrics;

/// <summary>A catalogue that can only count, counts how often, and calls a repository unavailable for each healthy storage that it is told of.</summary>
internal sealed class CountedCatalogue : IRepositoryCatalogue
{
    private int _counts;

    public int Counts => _counts;

    public Dictionary<string, long> Behind { get; } = [];

    public Dictionary<string, VerificationDepth> Due { get; } = [];

    public bool UnavailableHangs { get; set; }

    public DateTimeOffset VerifiedBefore { get; private set; }

    public async Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _counts);
        if (UnavailableHangs)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        return healthy.Count;
    }

    public Task<IReadOnlyDictionary<string, long>> CountBehindAsync(string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _counts);
        return Task.FromResult<IReadOnlyDictionary<string, long>>(configured.ToDictionary(s => s, s => Behind.GetValueOrDefault(s), StringComparer.Ordinal));
    }

    public Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _counts);
        VerifiedBefore = verifiedBefore;
        return Task.FromResult<IReadOnlyDictionary<string, VerificationDepth>>(configured.ToDictionary(s => s, s => Due.GetValueOrDefault(s), StringComparer.Ordinal));
    }

    public IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, bool includePartial, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<StorageReplica> ReplicasOfAsync(string virtualStorage, string storage, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> healthy, DateTimeOffset verifiedBefore, DateTimeOffset now, TimeSpan lease, int limit,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken) => throw new NotSupportedException();
}
