using Praefect.Grains.Repositories;

namespace Praefect.Grains.Catalogue;

/// <summary>
/// All repositories at once: what is recorded of them, in tables that the store keeps in the transaction that writes a state, so that the two never disagree.
/// For lists, reports and searches; routing never asks it. Long answers are read in pages: what changes between two pages is seen as it is then.
/// </summary>
public interface IRepositoryCatalogue
{
    /// <summary>All relative paths of a virtual storage in byte order; none for an unknown one.</summary>
    IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, CancellationToken cancellationToken);

    /// <summary>Repositories that need attention, by path.</summary>
    /// <param name="virtualStorage">Where.</param>
    /// <param name="configured">Its configured storages.</param>
    /// <param name="healthy">Those of them that are healthy.</param>
    /// <param name="includePartial">Also those that are available but not up to date on every healthy storage that has to host them.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage,
        IReadOnlyCollection<string> configured,
        IReadOnlyCollection<string> healthy,
        bool includePartial,
        CancellationToken cancellationToken);

    /// <summary>How many repositories have no up-to-date replica on a healthy storage.</summary>
    Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken);

    /// <summary>How many repositories each storage has to get a copy of, because it has to host them and its replica is missing or behind.</summary>
    /// <returns>One entry for each configured storage.</returns>
    Task<IReadOnlyDictionary<string, long>> CountBehindAsync(string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken);

    /// <summary>How many replicas wait for their verification.</summary>
    /// <param name="virtualStorage">Where.</param>
    /// <param name="configured">Its configured storages.</param>
    /// <param name="verifiedBefore">Verified before this counts as expired; at it does not.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>One entry for each configured storage.</returns>
    Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken);

    /// <summary>All replicas recorded on a storage, the longest unverified first.</summary>
    IAsyncEnumerable<StorageReplica> ReplicasOfAsync(string virtualStorage, string storage, CancellationToken cancellationToken);

    /// <summary>Leases the replicas that were not verified for longest to the caller, never verified ones first: nobody else gets them before the lease ends.</summary>
    /// <param name="virtualStorage">Where.</param>
    /// <param name="healthy">Storages that can be asked.</param>
    /// <param name="verifiedBefore">Only replicas not verified since.</param>
    /// <param name="now">The caller's time.</param>
    /// <param name="lease">How long the caller may take.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> healthy,
        DateTimeOffset verifiedBefore,
        DateTimeOffset now,
        TimeSpan lease,
        int limit,
        CancellationToken cancellationToken);

    /// <summary>Ends leases whose verification is done. Those that are not ended lapse by themselves.</summary>
    Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken);

    /// <summary>What a repository id stands for; null: there is no such repository.</summary>
    Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken);

    /// <summary>Those of the given replica paths at which some repository of the virtual storage has a replica on the storage.</summary>
    Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken);
}
