using System.CommandLine;
using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary><c>explain</c>: why a repository is served as it is. Ours; Praefect has no such command.</summary>
internal static class ExplainCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The repository's relative path");
        var json = Flags.Switch("json", "Print JSON, for scripts");
        return frame.Create(
            "explain", "Say why a repository is served as it is: its replicas, writes, turns and last routes, with reasons", [virtualStorage, relativePath, json],
            (run, cancellationToken) => RunAsync(
                run, new ExplainRepositoryRequest { VirtualStorage = run.Text(virtualStorage), RelativePath = run.Text(relativePath) }, run.Get(json), cancellationToken),
            [virtualStorage, relativePath]);
    }

    private static async Task RunAsync(CommandRun run, ExplainRepositoryRequest request, bool json, CancellationToken cancellationToken)
    {
        await using var server = ServerConnection.To(run);
        var explained = await AskAsync(server, request, cancellationToken);
        if (json)
            ExplanationJson.Write(run.Output, request, explained);
        else
            ExplanationText.Write(run.Output, request, explained);
        // A creation that is under way has no record yet, and is nothing wrong.
        if (explained.RepositoryId == 0 && explained.Writes.Count == 0)
            throw new CommandException($"explain: repository \"{request.VirtualStorage}\"/\"{request.RelativePath}\" not found");
    }

    private static async Task<ExplainRepositoryResponse> AskAsync(ServerConnection server, ExplainRepositoryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await server.CallAsync(OperationMethods.ExplainRepository, request, ExplainRepositoryResponse.Parser, cancellationToken);
        }
        catch (GrpcException e)
        {
            throw new CommandException($"explain: {e.InWords()}", e);
        }
    }
}
