using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Replica = Praefect.Wire.Protos.GetRepositoryMetadataResponse.Types.Replica;

namespace Praefect.Silo.Commands;

/// <summary><c>metadata</c>: everything known of one repository.</summary>
internal static class MetadataCommand
{
    public static Command Create(CommandFrame frame)
    {
        var id = Flags.Value<string>("repository-id", "The repository's id");
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The repository's relative path");
        return frame.Create(
            "metadata", "Show what is known of a repository", [id, virtualStorage, relativePath],
            async (run, cancellationToken) =>
            {
                var request = Request(run.Number(id), run.Text(virtualStorage), run.Text(relativePath));
                await using var server = ServerConnection.To(run);
                try
                {
                    Write(run.Output, await server.CallAsync(
                        Methods.PraefectInfo.GetRepositoryMetadata, request, GetRepositoryMetadataResponse.Parser, cancellationToken));
                }
                catch (GrpcException e)
                {
                    throw new CommandException($"get metadata: {e.InWords()}", e);
                }
            });
    }

    private static GetRepositoryMetadataRequest Request(long id, string virtualStorage, string relativePath)
    {
        if (id != 0 && (virtualStorage.Length > 0 || relativePath.Length > 0))
            throw new CommandException("virtual storage and relative path can't be provided with a repository ID");
        if (id != 0)
            return new GetRepositoryMetadataRequest { RepositoryId = id };
        if (virtualStorage.Length == 0 && relativePath.Length == 0)
            throw new CommandException("repository ID or virtual storage and relative path required");
        if (virtualStorage.Length == 0)
            throw new CommandException("virtual storage is required with relative path");
        if (relativePath.Length == 0)
            throw new CommandException("relative path is required with virtual storage");
        return new GetRepositoryMetadataRequest
        {
            Path = new GetRepositoryMetadataRequest.Types.Path { VirtualStorage = virtualStorage, RelativePath = relativePath },
        };
    }

    private static void Write(TextWriter output, GetRepositoryMetadataResponse metadata)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Repository ID: {metadata.RepositoryId}"));
        output.WriteLine($"Virtual Storage: \"{metadata.VirtualStorage}\"");
        output.WriteLine($"Relative Path: \"{metadata.RelativePath}\"");
        output.WriteLine($"Replica Path: \"{metadata.ReplicaPath}\"");
        output.WriteLine($"Primary: \"{metadata.Primary}\"");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Generation: {metadata.Generation}"));
        output.WriteLine("Replicas:");
        foreach (var replica in metadata.Replicas)
        {
            output.WriteLine($"- Storage: \"{replica.Storage}\"");
            output.WriteLine($"  Assigned: {Bool(replica.Assigned)}");
            output.WriteLine($"  Generation: {Generation(replica, metadata.Generation)}");
            output.WriteLine($"  Healthy: {Bool(replica.Healthy)}");
            output.WriteLine($"  Valid Primary: {Bool(replica.ValidPrimary)}");
            output.WriteLine($"  Verified At: {(replica.VerifiedAt is null ? "unverified" : Time(replica.VerifiedAt))}");
        }
    }

    private static string Generation(Replica replica, long latest) => replica.Generation switch
    {
        -1 => "replica not yet created",
        var generation when generation < latest => string.Create(CultureInfo.InvariantCulture, $"{generation}, behind by {latest - generation} changes"),
        var generation => string.Create(CultureInfo.InvariantCulture, $"{generation}, fully up to date"),
    };

    private static string Bool(bool value) => value ? "true" : "false";

    private static string Time(Timestamp time)
    {
        var text = time.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return text.TrimEnd('0').TrimEnd('.') + " +0000 UTC";
    }
}
