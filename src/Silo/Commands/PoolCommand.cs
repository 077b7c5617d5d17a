using System.CommandLine;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>pool</c>: tells every node which repositories use which object pools, as the nodes' disks have it (Gitaly 18.10 and later).</summary>
internal static class PoolCommand
{
    public static Command Create(CommandFrame frame) =>
        frame.Create("pool", "Gather which repositories use which object pools, and store it on every node", [], RunAsync);

    private static async Task RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var server = ServerConnection.To(run);
        foreach (var virtualStorage in run.Options.VirtualStorages)
        {
            await using var nodes = new PoolNodes(run, virtualStorage);
            var members = await PoolMembers.GatherAsync(run, server, nodes, virtualStorage, cancellationToken);
            await run.Output.WriteLineAsync($"found {members.Count} unique pool members in virtual storage \"{virtualStorage.Name}\"");
            if (members.Count == 0)
            {
                await run.Output.WriteLineAsync($"no pool members found on virtual storage \"{virtualStorage.Name}\", nothing to store");
                continue;
            }

            var upstreams = await nodes.UpstreamsAsync(members.Pools, cancellationToken);
            await nodes.StoreAsync(members, upstreams, cancellationToken);
            await run.Output.WriteLineAsync($"stored pool metadata for virtual storage \"{virtualStorage.Name}\" on {virtualStorage.Nodes.Length} nodes");
        }
    }
}
