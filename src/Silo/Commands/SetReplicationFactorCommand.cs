using System.CommandLine;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary><c>set-replication-factor</c>: on how many storages a repository is to be.</summary>
internal static class SetReplicationFactorCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The repository's relative path");
        var factor = Flags.Value<string>("replication-factor", "On how many storages it is to be, from 1 to the number of nodes");
        return frame.Create(
            "set-replication-factor", "Set on how many storages a repository is to be", [virtualStorage, relativePath, factor],
            async (run, cancellationToken) =>
            {
                await using var server = ServerConnection.To(run);
                var request = new SetReplicationFactorRequest
                {
                    VirtualStorage = run.Text(virtualStorage), RelativePath = run.Text(relativePath), ReplicationFactor = (int)run.Number(factor, 0, int.MaxValue),
                };
                var answer = await server.CallAsync(Methods.PraefectInfo.SetReplicationFactor, request, SetReplicationFactorResponse.Parser, cancellationToken);
                await run.Output.WriteLineAsync($"current assignments: {string.Join(", ", answer.Storages)}");
            },
            required: [virtualStorage, relativePath, factor]);
    }
}
