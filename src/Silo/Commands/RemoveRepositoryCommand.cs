using System.CommandLine;
using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary><c>remove-repository</c>: takes away a record, and what lies on the disks unless told otherwise.</summary>
internal static class RemoveRepositoryCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The repository's relative path");
        var apply = Flags.Switch("apply", "Remove it, instead of saying whether it is there");
        var recordOnly = Flags.Switch("db-only", "Remove the record only and leave the disks alone");
        return frame.Create(
            "remove-repository", "Remove a repository from the records and from the storages", [virtualStorage, relativePath, apply, recordOnly],
            (run, cancellationToken) => RunAsync(
                run, new Repository { StorageName = run.Text(virtualStorage), RelativePath = run.Text(relativePath) }, run.Get(apply), run.Get(recordOnly), cancellationToken),
            required: [virtualStorage, relativePath]);
    }

    private static async Task RunAsync(CommandRun run, Repository repository, bool apply, bool recordOnly, CancellationToken cancellationToken)
    {
        await using var server = ServerConnection.To(run);
        var request = new RepositoryExistsRequest { Repository = repository };
        if (!(await server.CallAsync(Methods.Repository.RepositoryExists, request, RepositoryExistsResponse.Parser, cancellationToken)).Exists)
            throw new CommandException("repository is not being tracked in Praefect");
        await run.Output.WriteLineAsync("Repository found in the database.");
        if (!apply)
        {
            await run.Output.WriteLineAsync(
                "Re-run the command with -apply to remove repositories from the database and disk or -apply and -db-only to remove from database only.");
            return;
        }

        await run.Output.WriteLineAsync(
            $"Attempting to remove {repository.RelativePath} from the database{(recordOnly ? "" : ", and delete it from all gitaly nodes")}...");
        if (recordOnly)
        {
            var forget = new ForgetRepositoryRequest { VirtualStorage = repository.StorageName, RelativePath = repository.RelativePath };
            await server.CallAsync(OperationMethods.ForgetRepository, forget, ForgetRepositoryResponse.Parser, cancellationToken);
        }
        else
        {
            await server.CallAsync(
                Methods.Repository.RemoveRepository, new RemoveRepositoryRequest { Repository = repository }, RemoveRepositoryResponse.Parser, cancellationToken);
        }

        await run.Output.WriteLineAsync(recordOnly ? "Repository removal from database completed." : "Repository removal completed.");
    }
}
