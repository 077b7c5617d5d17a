using System.CommandLine;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary><c>accept-dataloss</c>: gives up what other replicas have and goes on with one of them.</summary>
internal static class AcceptDatalossCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The repository's relative path");
        var storage = Flags.Value<string>("authoritative-storage", "The storage whose replica is right from now on");
        return frame.Create(
            "accept-dataloss", "Accept what is lost of a repository and go on with one replica", [virtualStorage, relativePath, storage],
            async (run, cancellationToken) =>
            {
                await using var server = ServerConnection.To(run);
                var request = new SetAuthoritativeStorageRequest
                {
                    VirtualStorage = run.Text(virtualStorage), RelativePath = run.Text(relativePath), AuthoritativeStorage = run.Text(storage),
                };
                try
                {
                    await server.CallAsync(Methods.PraefectInfo.SetAuthoritativeStorage, request, SetAuthoritativeStorageResponse.Parser, cancellationToken);
                }
                catch (GrpcException e)
                {
                    throw new CommandException($"set authoritative storage: {e.InWords()}", e);
                }
            },
            required: [virtualStorage, relativePath, storage]);
    }
}
