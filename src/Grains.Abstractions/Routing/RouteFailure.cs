namespace Praefect.Grains.Routing;

/// <summary>Every reason why a call cannot be routed. The gateway maps each to one gRPC status in one table.</summary>
public enum RouteFailure
{
    /// <summary>The virtual storage is not configured.</summary>
    VirtualStorageNotFound,

    /// <summary>No storage of the virtual storage is healthy.</summary>
    NoHealthyNodes,

    /// <summary>Healthy storages exist, but none of them holds an up-to-date replica.</summary>
    NoSuitableNode,

    /// <summary>The call must go to the primary, and that is not healthy.</summary>
    PrimaryNotHealthy,

    /// <summary>The repository has no primary and none can be elected.</summary>
    NoPrimary,

    /// <summary>The only candidate for primary is not assigned to host the repository.</summary>
    PrimaryNotAssigned,

    /// <summary>There is no record of the repository.</summary>
    RepositoryNotFound,

    /// <summary>There is no record of the additional repository.</summary>
    AdditionalRepositoryNotFound,

    /// <summary>A repository to be created exists.</summary>
    RepositoryAlreadyExists,

    /// <summary>The primary is not up to date and no other replica can become primary: reads may work, writes do not.</summary>
    ReadOnly,

    /// <summary>Another creation of the same repository has not ended yet; try again.</summary>
    CreationUnderWay,

    /// <summary>A write was cut off and its outcome is being settled by comparing the replicas; try again.</summary>
    Settling,

    /// <summary>The repository has as many writes under way as it admits; try again later.</summary>
    TooManyTransactions,

    /// <summary>The store did not take a write; nothing was promised. Try again.</summary>
    StoreUnavailable,

    /// <summary>The named storage is not configured in the virtual storage.</summary>
    StorageNotFound,

    /// <summary>A replication factor below 1, or above the number of storages.</summary>
    InvalidReplicationFactor,

    /// <summary>A repository that is to be tracked is not on the named storage's disk.</summary>
    RepositoryNotOnDisk,

    /// <summary>A storage that has to be asked for this gave no answer; try again.</summary>
    NodeUnreachable,

    /// <summary>A record that is to be imported is not one that can be.</summary>
    InvalidRecord,

    /// <summary>
    /// The process that holds the repository is about to stop and takes no new writes, or it is not the one that holds it any more; another one has it in a moment.
    /// Try again.
    /// </summary>
    Stopping,

    /// <summary>As many writes of the repository wait for their turn as it admits; try again later.</summary>
    TooManyWaiting,

    /// <summary>The write's turn has not come yet; ask again at once, with the same id.</summary>
    TurnPending,
}
