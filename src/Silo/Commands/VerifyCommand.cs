using System.CommandLine;
using System.Globalization;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary><c>verify</c>: has replicas verified again.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandFrame frame)
    {
        var id = Flags.Value<string>("repository-id", "All replicas of the repository with this id");
        var virtualStorage = Flags.Value<string>("virtual-storage", "All replicas of this virtual storage");
        var storage = Flags.Value<string>("storage", "With -virtual-storage: only replicas on this storage");
        return frame.Create(
            "verify", "Have replicas verified at the next opportunity", [id, virtualStorage, storage],
            async (run, cancellationToken) =>
            {
                var request = Request(run.Number(id), run.Text(virtualStorage), run.Text(storage));
                await using var server = ServerConnection.To(run);
                var answer = await server.CallAsync(Methods.PraefectInfo.MarkUnverified, request, MarkUnverifiedResponse.Parser, cancellationToken);
                await run.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{answer.ReplicasMarked} replicas marked unverified"));
            });
    }

    private static MarkUnverifiedRequest Request(long id, string virtualStorage, string storage)
    {
        if (id != 0)
        {
            return virtualStorage.Length == 0 && storage.Length == 0
                ? new MarkUnverifiedRequest { RepositoryId = id }
                : throw new CommandException("virtual storage and storage can't be provided with a repository ID");
        }

        if (storage.Length > 0)
        {
            return virtualStorage.Length > 0
                ? new MarkUnverifiedRequest { Storage = new MarkUnverifiedRequest.Types.Storage { VirtualStorage = virtualStorage, Storage_ = storage } }
                : throw new CommandException("virtual storage must be passed with storage");
        }

        return virtualStorage.Length > 0
            ? new MarkUnverifiedRequest { VirtualStorage = virtualStorage }
            : throw new CommandException("(repository id), (virtual storage) or (virtual storage, storage) required");
    }
}
