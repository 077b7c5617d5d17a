using System.CommandLine;
using System.Globalization;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Repository = Praefect.Wire.Protos.DatalossResponse.Types.Repository;
using Storage = Praefect.Wire.Protos.DatalossResponse.Types.Repository.Types.Storage;

namespace Praefect.Silo.Commands;

/// <summary><c>dataloss</c>: repositories that are unavailable, or short of replicas, and what each storage has of them.</summary>
internal static class DatalossCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "Only this virtual storage; without it all of them");
        var partially = Flags.Switch("partially-unavailable", "Also repositories that are available but not up to date on all storages assigned to them");
        return frame.Create(
            "dataloss", "Find repositories whose up-to-date replicas are out of reach", [virtualStorage, partially],
            (run, cancellationToken) => RunAsync(run, run.Text(virtualStorage), run.Get(partially), cancellationToken));
    }

    private static async Task RunAsync(CommandRun run, string virtualStorage, bool partially, CancellationToken cancellationToken)
    {
        var names = virtualStorage.Length > 0
            ? [virtualStorage]
            : run.Options.VirtualStorages.Select(static storage => storage.Name).Order(StringComparer.Ordinal).ToList();
        await using var server = ServerConnection.To(run);
        foreach (var name in names)
        {
            await run.Output.WriteLineAsync($"Virtual storage: {name}");
            await ListAsync(run, server, name, partially, cancellationToken);
        }
    }

    private static async Task ListAsync(CommandRun run, ServerConnection server, string name, bool partially, CancellationToken cancellationToken)
    {
        var any = false;
        try
        {
            await server.StreamAsync(
                Methods.PraefectInfo.Dataloss,
                new DatalossRequest { VirtualStorage = name, IncludePartiallyReplicated = partially },
                DatalossResponse.Parser,
                async chunk =>
                {
                    if (chunk.Repositories.Count == 0)
                        return;
                    if (!any)
                        await run.Output.WriteLineAsync("  Repositories:");
                    any = true;
                    foreach (var repository in chunk.Repositories)
                        await WriteAsync(run.Output, repository);
                },
                cancellationToken);
        }
        catch (GrpcException e)
        {
            throw new CommandException($"getting response: {e.InWords()}", e);
        }

        if (!any)
            await run.Output.WriteLineAsync(partially ? "  All repositories are fully available on all assigned storages!" : "  All repositories are available!");
    }

    private static async Task WriteAsync(TextWriter output, Repository repository)
    {
        await output.WriteLineAsync($"    {repository.RelativePath}{(repository.Unavailable ? " (unavailable)" : "")}:");
        await output.WriteLineAsync($"      Primary: {(repository.Primary.Length > 0 ? repository.Primary : "No Primary")}");
        await output.WriteLineAsync("      In-Sync Storages:");
        foreach (var storage in repository.Storages.Where(static storage => storage.BehindBy == 0))
            await output.WriteLineAsync($"        {storage.Name}{Remarks(storage)}");
        await output.WriteLineAsync("      Outdated Storages:");
        foreach (var storage in repository.Storages.Where(static storage => storage.BehindBy > 0))
        {
            var changes = string.Create(CultureInfo.InvariantCulture, $"{storage.BehindBy} change{(storage.BehindBy == 1 ? "" : "s")} or less");
            await output.WriteLineAsync($"        {storage.Name} is behind by {changes}{Remarks(storage)}");
        }
    }

    private static string Remarks(Storage storage) => (storage.Assigned ? ", assigned host" : "") + (storage.Healthy ? "" : ", unhealthy");
}
