using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>A catalogue that says what the test says.</summary>
public sealed class ScriptedCatalogue : IRepositoryCatalogue
{
    public Dictionary<long, RepositoryKey> Ids { get; } = [];

    public List<DatalossEntry> Dataloss { get; } = [];

    public long Unavailable { get; set; }

    public bool? IncludedPartial { get; private set; }

    public IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, CancellationToken cancellationToken) =>
        Ids.Values.Where(k => k.VirtualStorage == virtualStorage).Select(k => k.RelativePath).ToAsyncEnumerable();

    public IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, bool includePartial, CancellationToken cancellationToken)
    {
        IncludedPartial = includePartial;
        return Dataloss.ToAsyncEnumerable();
    }

    public Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken) => Task.FromResult(Unavailable);

    public Task<IReadOnlyDictionary<string, long>> CountBehindAsync(string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, long>>(configured.ToDictionary(s => s, _ => 0L, StringComparer.Ordinal));

    public Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, VerificationDepth>>(configured.ToDictionary(s => s, _ => default(VerificationDepth), StringComparer.Ordinal));

    public IAsyncEnumerable<StorageReplica> ReplicasOfAsync(string virtualStorage, string storage, CancellationToken cancellationToken) =>
        Ids.Select(i => new StorageReplica(i.Key, i.Value.RelativePath, "r", 0, true, i.Key % 2 == 0 ? DateTimeOffset.UnixEpoch : null)).ToAsyncEnumerable();

    public Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> healthy, DateTimeOffset verifiedBefore, DateTimeOffset now, TimeSpan lease, int limit,
        CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DueVerification>>([]);

    public Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken) =>
        Task.FromResult<RepositoryKey?>(Ids.TryGetValue(repositoryId, out var key) ? key : null);

    public Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<string>>(new HashSet<string>(StringComparer.Ordinal));
}
