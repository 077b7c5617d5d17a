using System.Runtime.CompilerServices;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>A catalogue of what the test puts into it, as far as the gateway asks.</summary>
public sealed class FakeCatalogue : IRepositoryCatalogue
{
    /// <summary>Repositories by id.</summary>
    public Dictionary<long, RepositoryKey> Repositories { get; } = [];

    /// <summary>How many paths were read.</summary>
    public int Read { get; private set; }

    public async IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var key in Repositories.Values.Where(k => k.VirtualStorage == virtualStorage).OrderBy(k => k.RelativePath, StringComparer.Ordinal).ToArray())
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            Read++;
            yield return key.RelativePath;
        }
    }

    public Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken) =>
        Task.FromResult<RepositoryKey?>(Repositories.TryGetValue(repositoryId, out var key) ? key : null);

    public IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, bool includePartial, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, long>> CountBehindAsync(string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<StorageReplica> ReplicasOfAsync(string virtualStorage, string storage, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> healthy, DateTimeOffset verifiedBefore, DateTimeOffset now, TimeSpan lease, int limit,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken) => throw new NotSupportedException();
}
