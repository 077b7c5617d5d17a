using System.Collections.Immutable;
using Orleans;
using Praefect.Gateway.Grains;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>What a gateway asks of grains, over the network: of any silo that lives, once or twice. The checks hear what a silo answers where it answers it.</summary>
internal sealed class GrainPorts(Cluster cluster, Host gateway) : IGatewayGrains
{
    private readonly Dictionary<ulong, string> _paths = [];

    /// <summary>A write was opened on this replica path.</summary>
    public void Opened(ulong id, string replicaPath) => _paths.Add(id, replicaPath);

    public IRepositoryGrain Repository(RepositoryKey key) => new RepositoryPort(this, cluster.Oracle, key.ToString());

    public IStorageNodeGrain Node(NodeKey key) => new NodePort(this, key.ToString());

    public IVirtualStorageGrain VirtualStorage(string name) => throw new NotSupportedException();

    public IRepositoryIdGrain RepositoryId() => throw new NotSupportedException();

    private Task<T> AskAsync<TGrain, T>(string key, Func<TGrain, CancellationToken, Task<T>> ask, CancellationToken cancellationToken, Action<Silo, T>? answered = null)
        where TGrain : IGrainWithStringKey
    {
        var silo = cluster.Reach();
        return cluster.Network.CallAsync(gateway, silo is { Ready: true } ? silo.Host : null, AnswerAsync, cancellationToken, repeats: true);

        async Task<T> AnswerAsync(CancellationToken token)
        {
            var result = await ask(silo!.Grains.GetGrain<TGrain>(key), token);
            answered?.Invoke(silo, result);
            return result;
        }
    }

    private Task TellAsync<TGrain>(string key, Func<TGrain, CancellationToken, Task> tell, CancellationToken cancellationToken)
        where TGrain : IGrainWithStringKey =>
        AskAsync<TGrain, bool>(
            key,
            async (grain, token) =>
            {
                await tell(grain, token);
                return true;
            },
            cancellationToken);

    private sealed class NodePort(GrainPorts ports, string key) : IStorageNodeGrain
    {
        public Task<NodeHealth> WatchAsync(CancellationToken cancellationToken) =>
            ports.AskAsync<IStorageNodeGrain, NodeHealth>(key, static (grain, token) => grain.WatchAsync(token), cancellationToken);

        public Task SuspectAsync(string reason, CancellationToken cancellationToken) =>
            ports.TellAsync<IStorageNodeGrain>(key, (grain, token) => grain.SuspectAsync(reason, token), cancellationToken);
    }

    private sealed class RepositoryPort(GrainPorts ports, Checks.Oracle oracle, string key) : IRepositoryGrain
    {
        public async Task<AccessorRoute> RouteAccessorAsync(AccessorRequest request, CancellationToken cancellationToken)
        {
            var acknowledged = oracle.Acknowledged;
            var routed = await AskAsync(
                async (grain, token) =>
                {
                    var began = oracle.Votes.Begin();
                    return (Route: await grain.RouteAccessorAsync(request, token), Began: began);
                },
                cancellationToken,
                (silo, told) =>
                {
                    oracle.Routed(silo, told.Route, acknowledged);
                    oracle.Votes.Routed(silo.Host, told.Route.ReplicaPath, told.Route.Storages, told.Began);
                });
            return routed.Route;
        }

        public Task<VoteResult> VoteAsync(Ballot ballot, CancellationToken cancellationToken) => AskAsync(
            (grain, token) => grain.VoteAsync(ballot, token),
            cancellationToken,
            (_, told) =>
            {
                if (told.Answer == VoteAnswer.Commit)
                    oracle.GoesAhead(ballot.TransactionId, ports._paths[ballot.TransactionId]);
                if (ballot.Number == 1)
                    oracle.Votes.Answered(ballot.TransactionId, ballot.Storage, told.Answer);
            });

        public Task<FinishResult> FinishAsync(ulong transactionId, ImmutableArray<NodeOutcome> outcomes, CancellationToken cancellationToken) => AskAsync(
            (grain, token) => grain.FinishAsync(transactionId, outcomes, token),
            cancellationToken,
            (silo, told) => oracle.Votes.Finished(transactionId, silo.Host, ports._paths[transactionId], told));

        public Task<MaintenanceRoute> RouteMaintenanceAsync(ImmutableArray<string> avoid, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.RouteMaintenanceAsync(avoid, token), cancellationToken);

        public Task<MutatorRoute> BeginMutatorAsync(MutatorRequest request, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.BeginMutatorAsync(request, token), cancellationToken);

        public Task<MutatorRoute> BeginCreationAsync(CreationRequest request, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.BeginCreationAsync(request, token), cancellationToken);

        public Task<TurnAnswer> TakeTurnAsync(ulong transactionId, ImmutableArray<string> keys, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.TakeTurnAsync(transactionId, keys, token), cancellationToken);

        public Task AbandonAsync(ulong transactionId, CancellationToken cancellationToken) =>
            TellAsync((grain, token) => grain.AbandonAsync(transactionId, token), cancellationToken);

        public Task<VoteResult> StopAsync(ulong transactionId, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.StopAsync(transactionId, token), cancellationToken);

        public Task CancelVoterAsync(ulong transactionId, string storage, CancellationToken cancellationToken) =>
            TellAsync((grain, token) => grain.CancelVoterAsync(transactionId, storage, token), cancellationToken);

        public Task<ImmutableArray<ulong>> RenewAsync(ImmutableArray<ulong> transactionIds, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.RenewAsync(transactionIds, token), cancellationToken);

        public Task<bool> ExistsAsync(CancellationToken cancellationToken) => AskAsync(static (grain, token) => grain.ExistsAsync(token), cancellationToken);

        public Task<RepositoryMetadata?> GetMetadataAsync(CancellationToken cancellationToken) =>
            AskAsync(static (grain, token) => grain.GetMetadataAsync(token), cancellationToken);

        public Task<Placement?> GetPlacementAsync(CancellationToken cancellationToken) => AskAsync(static (grain, token) => grain.GetPlacementAsync(token), cancellationToken);

        public Task<RemovedRepository?> RemoveAsync(CancellationToken cancellationToken) => AskAsync(static (grain, token) => grain.RemoveAsync(token), cancellationToken);

        public Task<bool> RepairAsync(CancellationToken cancellationToken) => AskAsync(static (grain, token) => grain.RepairAsync(token), cancellationToken);

        public Task<ImmutableArray<string>> SetReplicationFactorAsync(int replicationFactor, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.SetReplicationFactorAsync(replicationFactor, token), cancellationToken);

        public Task SetAuthoritativeStorageAsync(string storage, CancellationToken cancellationToken) =>
            TellAsync((grain, token) => grain.SetAuthoritativeStorageAsync(storage, token), cancellationToken);

        public Task<int> MarkUnverifiedAsync(string? storage, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.MarkUnverifiedAsync(storage, token), cancellationToken);

        public Task<TrackedRepository> TrackAsync(TrackRequest request, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.TrackAsync(request, token), cancellationToken);

        public Task<bool> ImportAsync(ImportedRepository repository, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.ImportAsync(repository, token), cancellationToken);

        public Task<ReplicaVerification> VerifyReplicaAsync(string storage, CancellationToken cancellationToken) =>
            AskAsync((grain, token) => grain.VerifyReplicaAsync(storage, token), cancellationToken);

        public Task<RepositoryExplanation> ExplainAsync(CancellationToken cancellationToken) => AskAsync(static (grain, token) => grain.ExplainAsync(token), cancellationToken);

        private Task<T> AskAsync<T>(Func<IRepositoryGrain, CancellationToken, Task<T>> ask, CancellationToken cancellationToken, Action<Silo, T>? answered = null) =>
            ports.AskAsync(key, ask, cancellationToken, answered);

        private Task TellAsync(Func<IRepositoryGrain, CancellationToken, Task> tell, CancellationToken cancellationToken) => ports.TellAsync(key, tell, cancellationToken);
    }
}
