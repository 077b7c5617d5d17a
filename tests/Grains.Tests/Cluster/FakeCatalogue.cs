using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>What the grains ask of the catalogue, answered from the records as the store has them.</summary>
public sealed class FakeCatalogue(TestStore store) : IRepositoryCatalogue
{
    private readonly ConcurrentDictionary<DueVerification, DateTimeOffset> _leases = [];

    public async IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage,
        IReadOnlyCollection<string> configured,
        IReadOnlyCollection<string> healthy,
        bool includePartial,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach (var record in RecordsOf(virtualStorage))
        {
            var hosts = record.Assigned([.. configured]);
            var entry = new DatalossEntry(
                record.RepositoryId,
                record.RelativePath,
                record.Generation,
                record.Primary ?? "",
                !healthy.Any(record.IsUpToDate),
                [.. hosts.Select(h => new DatalossReplica(h, true, healthy.Contains(h), record.Generation - record.GenerationOf(h)))]);
            if (entry.Unavailable || entry.Replicas.Any(r => r.BehindBy > 0 || !r.Healthy))
                yield return entry;
        }
    }

    public Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> healthy,
        DateTimeOffset verifiedBefore,
        DateTimeOffset now,
        TimeSpan lease,
        int limit,
        CancellationToken cancellationToken)
    {
        var due = RecordsOf(virtualStorage)
            .SelectMany(record => record.Replicas, static (record, replica) => (record, replica))
            .Where(one => healthy.Contains(one.replica.Storage) && (one.replica.VerifiedAt is not { } at || at < verifiedBefore))
            .OrderBy(static one => one.replica.VerifiedAt ?? DateTimeOffset.MinValue)
            .Select(static one => new DueVerification(one.record.RepositoryId, one.replica.Storage, one.record.RelativePath, one.record.ReplicaPath))
            .Where(one => !_leases.TryGetValue(one, out var until) || until <= now)
            .Take(limit)
            .ToArray();
        foreach (var one in due)
            _leases[one] = now + lease;
        return Task.FromResult<IReadOnlyList<DueVerification>>(due);
    }

    public Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken)
    {
        foreach (var one in done)
            _leases.TryRemove(one, out _);
        return Task.CompletedTask;
    }

    public IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, long>> CountBehindAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<StorageReplica> ReplicasOfAsync(string virtualStorage, string storage, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<string>>(RecordsOf(virtualStorage)
            .Where(record => replicaPaths.Contains(record.ReplicaPath) && record.GenerationOf(storage) >= 0)
            .Select(static record => record.ReplicaPath)
            .ToHashSet(StringComparer.Ordinal));

    private IEnumerable<RepositoryRecord> RecordsOf(string virtualStorage) => store.Texts(virtualStorage + "/")
        .Select(static text => JsonSerializer.Deserialize<RepositoryRecord>(text)!)
        .Where(record => record.Exists() && record.VirtualStorage == virtualStorage);
}
