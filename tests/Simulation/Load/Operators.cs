using Praefect.Grains.Repositories;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Machines;

namespace Praefect.Simulation.Load;

/// <summary>People who change things while others work.</summary>
internal sealed class Operators(Cluster cluster, Host host, IReadOnlyList<RepositoryKey> repositories, SimRandom random)
{
    // An order that nobody answered may still be on its way for this long.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(25);

    public void Act() => _ = host.Run(ActAsync);

    private async Task ActAsync()
    {
        var key = random.Pick(repositories);
        switch (random.Next(8))
        {
            case 0 or 1 or 2:
                await AskAsync(key, "replication factor", (grain, token) => grain.SetReplicationFactorAsync(1 + random.Next(cluster.Nodes.Count), token));
                break;
            case 3:
                await AuthorizeAsync(key);
                break;
            case 4 or 5:
                await AskAsync(key, "unverified", (grain, token) => grain.MarkUnverifiedAsync(null, token));
                break;
            default:
                await AskAsync(key, "repair", (grain, token) => grain.RepairAsync(token));
                break;
        }
    }

    // Who accepts a loss has looked where something is left: a storage with nothing on its disk would be the loss of everything.
    private async Task AuthorizeAsync(RepositoryKey key)
    {
        string[] able = [.. cluster.Nodes.Values.Where(n => cluster.Oracle.RecordOf(key.ToString()) is { } r && n.Disk.Find(r.ReplicaPath) is not null).Select(n => n.Storage)];
        if (able.Length == 0)
            return;
        var storage = random.Pick(able);
        cluster.Oracle.Authorizing(key.ToString(), storage);
        var reply = await AskAsync(key, $"authority of {storage}", (grain, token) => grain.SetAuthoritativeStorageAsync(storage, token));
        if (reply.Kind != ReplyKind.Ok)
            await Task.Delay(OnItsWay, host.Time);
        cluster.Oracle.Authorized(key.ToString(), storage);
    }

    private async Task<Reply> AskAsync(RepositoryKey key, string what, Func<IRepositoryGrain, CancellationToken, Task> operation)
    {
        cluster.World.Trace.Add(host.Name, $"asks {key} for {what}");
        var gateway = cluster.Gateway;
        try
        {
            return await cluster.Network.CallAsync(host, gateway.Host, token => gateway.OperateAsync(key, operation, token), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10), host.Time);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e.Message);
        }
    }
}
