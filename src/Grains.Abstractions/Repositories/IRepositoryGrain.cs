using System.Collections.Immutable;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <summary>
/// One repository of a virtual storage: holds its generation, primary, assignments and replicas, routes calls on it and decides its writes.
/// Key: <see cref="RepositoryKey"/>. A key without a record is a repository that does not exist.
/// </summary>
[Alias("praefect.repository")]
public interface IRepositoryGrain : IGrainWithStringKey
{
    /// <summary>Where a read may go. Costs no access to the store.</summary>
    /// <exception cref="RouteException">Not found, or no replica can serve it.</exception>
    Task<AccessorRoute> RouteAccessorAsync(AccessorRequest request, CancellationToken cancellationToken);

    /// <summary>Where a maintenance call goes.</summary>
    /// <exception cref="RouteException">Not found, or no node to call.</exception>
    Task<MaintenanceRoute> RouteMaintenanceAsync(ImmutableArray<string> avoid, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a write. From here on the repository's record says, or is about to say, that a write with these participants is under way;
    /// no vote is answered with Commit before the record is durable. Every write that was opened must be finished with <see cref="FinishAsync"/>.
    /// <para>
    /// A write that names what it will touch waits for its turn here. While that has not come the call ends with <see cref="RouteFailure.TurnPending"/> after a second
    /// or so, and is repeated at once with the same id, which keeps its place in the queue; a caller that does not come back loses it. Safe to repeat.
    /// </para>
    /// </summary>
    /// <exception cref="RouteException">Not found, no usable primary, read-only, being settled, too many writes at once, or not its turn yet.</exception>
    Task<MutatorRoute> BeginMutatorAsync(MutatorRequest request, CancellationToken cancellationToken);

    /// <summary>Opens the creation of the repository: chooses its storages and reserves its id and replica path. Finished like any write.</summary>
    /// <exception cref="RouteException">It exists, or no node is healthy.</exception>
    Task<MutatorRoute> BeginCreationAsync(CreationRequest request, CancellationToken cancellationToken);

    /// <summary>Takes the turn of a write that is open, once it is known what it will touch. Asked again while it is pending; given back by <see cref="FinishAsync"/>.</summary>
    /// <param name="transactionId">The write.</param>
    /// <param name="keys">As in <see cref="MutatorRequest.Turns"/>; the first ones that a write names count.</param>
    /// <param name="cancellationToken">The caller is gone: so is its place in the queue.</param>
    /// <exception cref="RouteException">Too many writes wait already.</exception>
    Task<TurnAnswer> TakeTurnAsync(ulong transactionId, ImmutableArray<string> keys, CancellationToken cancellationToken);

    /// <summary>The caller gave a write up before any node was called: its turn is free and nothing has changed. Nothing for a write that is not known.</summary>
    Task AbandonAsync(ulong transactionId, CancellationToken cancellationToken);

    /// <summary>Casts a node's vote and waits a while for the decision. Safe to repeat.</summary>
    /// <param name="ballot">The vote.</param>
    /// <param name="cancellationToken">The node stopped waiting: its vote is withdrawn unless already decided.</param>
    /// <returns><see cref="VoteAnswer.Pending"/> where it takes longer: ask again.</returns>
    Task<VoteResult> VoteAsync(Ballot ballot, CancellationToken cancellationToken);

    /// <summary>A node asks to end the transaction without an error (a hook denied the change on the primary).</summary>
    Task<VoteResult> StopAsync(ulong transactionId, CancellationToken cancellationToken);

    /// <summary>A secondary's call ended with an error or broke: it votes no more, so that nobody waits for it.</summary>
    Task CancelVoterAsync(ulong transactionId, string storage, CancellationToken cancellationToken);

    /// <summary>The calls of a write have ended on all nodes: decides who is up to date and records it. Idempotent for the same transaction while it is remembered.</summary>
    /// <param name="transactionId">The write.</param>
    /// <param name="outcomes">One entry for the primary, which comes first, and one for each secondary of the route.</param>
    /// <param name="cancellationToken">Cancels the wait, never the recording.</param>
    /// <exception cref="RouteException">The record could not be written; the write is then in doubt and settled by comparing replicas.</exception>
    [ResponseTimeout("00:00:35")]
    Task<FinishResult> FinishAsync(ulong transactionId, ImmutableArray<NodeOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary>The gateway still works on these writes. A write whose gateway is not heard of for 10 s is ended as if all its calls had broken.</summary>
    /// <returns>Those that are not open here, nearly always none: they ended, or were lost with the activation that had them. Nobody counts their votes.</returns>
    Task<ImmutableArray<ulong>> RenewAsync(ImmutableArray<ulong> transactionIds, CancellationToken cancellationToken);

    /// <summary>Whether there is a record of the repository.</summary>
    Task<bool> ExistsAsync(CancellationToken cancellationToken);

    /// <summary>Everything known of it; null when there is no record.</summary>
    Task<RepositoryMetadata?> GetMetadataAsync(CancellationToken cancellationToken);

    /// <summary>Where it lives, for placing another repository beside it; null when there is no record.</summary>
    Task<Placement?> GetPlacementAsync(CancellationToken cancellationToken);

    /// <summary>Deletes the record and says what is left on the disks for the caller to delete; null when there was no record.</summary>
    Task<RemovedRepository?> RemoveAsync(CancellationToken cancellationToken);

    /// <summary>Starts repairing whatever is behind, if anything is, and returns whether every assigned storage is up to date now.</summary>
    Task<bool> RepairAsync(CancellationToken cancellationToken);

    /// <summary>Changes on how many storages the repository is to be: names more, the primary first, or takes some away, never the primary. Copies follow by themselves.</summary>
    /// <param name="replicationFactor">1 up to the number of configured storages.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The storages that host it from now on, sorted by name.</returns>
    /// <exception cref="RouteException">
    /// <see cref="RouteFailure.VirtualStorageNotFound"/>, <see cref="RouteFailure.InvalidReplicationFactor"/>, <see cref="RouteFailure.RepositoryNotFound"/>;
    /// the message is Praefect's. Checked in this order.
    /// </exception>
    Task<ImmutableArray<string>> SetReplicationFactorAsync(int replicationFactor, CancellationToken cancellationToken);

    /// <summary>
    /// Makes one storage's replica the only one that is up to date: whatever others have beyond it is given up, and they get copies of it. A person's decision,
    /// for when the up-to-date replicas are lost.
    /// </summary>
    /// <exception cref="RouteException">
    /// <see cref="RouteFailure.VirtualStorageNotFound"/>, <see cref="RouteFailure.StorageNotFound"/>, <see cref="RouteFailure.RepositoryNotFound"/>; the message is Praefect's.
    /// </exception>
    Task SetAuthoritativeStorageAsync(string storage, CancellationToken cancellationToken);

    /// <summary>Has replicas verified at the next opportunity. A repository without a record has none to mark.</summary>
    /// <param name="storage">On which storage; null: all of them.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>How many were marked that had not been marked already.</returns>
    Task<int> MarkUnverifiedAsync(string? storage, CancellationToken cancellationToken);

    /// <summary>Makes a record of a repository that is on a storage's disk already. Copies to the other storages follow by themselves.</summary>
    /// <exception cref="RouteException">
    /// <see cref="RouteFailure.VirtualStorageNotFound"/>, <see cref="RouteFailure.StorageNotFound"/>, <see cref="RouteFailure.RepositoryAlreadyExists"/>,
    /// <see cref="RouteFailure.RepositoryNotOnDisk"/>, <see cref="RouteFailure.NodeUnreachable"/>; the message is Praefect's.
    /// </exception>
    Task<TrackedRepository> TrackAsync(TrackRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a record of a Praefect database over as it is. Doing so again with the same id and replica path changes nothing. An activation that only this call
    /// asked for ends with it, so that any number of records can be imported; what is behind is found by the search of its storage, or when somebody asks for it.
    /// </summary>
    /// <returns>Whether it was, or would be, taken over now; false: it had been before.</returns>
    /// <exception cref="RouteException">
    /// <see cref="RouteFailure.VirtualStorageNotFound"/>, <see cref="RouteFailure.RepositoryAlreadyExists"/> (another record), <see cref="RouteFailure.InvalidRecord"/>.
    /// </exception>
    Task<bool> ImportAsync(ImportedRepository repository, CancellationToken cancellationToken);

    /// <summary>Asks a storage's node whether it has its replica, and records the answer.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="cancellationToken">Cancels the wait for the node.</param>
    /// <exception cref="RouteException"><see cref="RouteFailure.StoreUnavailable"/>.</exception>
    Task<ReplicaVerification> VerifyReplicaAsync(string storage, CancellationToken cancellationToken);

    /// <summary>Why the repository is served as it is: replicas, writes, what holds writes back, and the last route decisions, from live state. Changes nothing.</summary>
    /// <exception cref="RouteException"><see cref="RouteFailure.VirtualStorageNotFound"/>.</exception>
    Task<RepositoryExplanation> ExplainAsync(CancellationToken cancellationToken);
}
