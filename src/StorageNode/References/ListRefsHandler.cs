using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using SortKey = Praefect.Wire.Protos.ListRefsRequest.Types.SortBy.Types.Key;

namespace Praefect.StorageNode.References;

/// <summary>ListRefs: references by patterns, with the objects that they name.</summary>
public sealed class ListRefsHandler(StorageFolders storages)
{
    private const int BatchBytes = 64 * 1024;

    /// <summary>Streams the references.</summary>
    public async Task ListAsync(ListRefsRequest request, ServerCallContext call, IServerStreamWriter<ListRefsResponse> responses)
    {
        var repository = storages.Find(request.Repository);
        if (request.Patterns.Count == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "patterns must have at least one entry");
        }

        var batch = new ListRefsResponse();
        if (request.Head && await ReadHeadAsync(repository, call.CancellationToken) is { } head)
        {
            batch.References.Add(head);
        }

        var output = await repository.Git.CaptureAsync(repository.Command(Arguments(request)), call.CancellationToken);
        var size = 0;
        foreach (var line in Encoding.UTF8.GetString(output.Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('\0');
            var reference = new ListRefsResponse.Types.Reference { Name = ByteString.CopyFromUtf8(parts[0]), Target = parts[1] };
            reference.PeeledTarget = parts.Length > 2 ? parts[2] : "";
            batch.References.Add(reference);
            size += line.Length;
            if (size >= BatchBytes)
            {
                await responses.WriteAsync(batch, call.CancellationToken);
                batch = new ListRefsResponse();
                size = 0;
            }
        }

        if (batch.References.Count > 0)
        {
            await responses.WriteAsync(batch, call.CancellationToken);
        }
    }

    private static List<string> Arguments(ListRefsRequest request)
    {
        var format = "%(refname)%00%(objectname)" + (request.PeelTags ? "%00%(*objectname)" : "");
        var arguments = new List<string> { "for-each-ref", $"--format={format}" };
        if (request.SortBy is { } sort)
        {
            arguments.Add($"--sort={(sort.Direction == SortDirection.Descending ? "-" : "")}{Key(sort.Key)}");
        }

        foreach (var id in request.PointingAtOids)
        {
            var text = id.ToStringUtf8();
            arguments.Add(ObjectId.IsFull(text) ? $"--points-at={text}" : throw new GrpcException(GrpcStatusCode.InvalidArgument, "invalid object id in pointing_at_oids"));
        }

        arguments.Add("--");
        foreach (var pattern in request.Patterns.Select(pattern => pattern.ToStringUtf8()))
        {
            // A NUL would end the argument early, and git would then see another pattern than the one that was checked.
            arguments.Add(pattern.Contains('\0', StringComparison.Ordinal) ? throw new GrpcException(GrpcStatusCode.InvalidArgument, "pattern contains a NUL") : pattern);
        }

        return arguments;
    }

    private static string Key(SortKey key) => key switch
    {
        SortKey.Creatordate => "creatordate",
        SortKey.Authordate => "authordate",
        SortKey.Committerdate => "committerdate",
        _ => "refname",
    };

    private static async Task<ListRefsResponse.Types.Reference?> ReadHeadAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var output = await repository.Git.CaptureAsync(repository.Command("rev-parse", "--verify", "--quiet", "HEAD"), cancellationToken, 1);
        return output.Code == 0 ? new ListRefsResponse.Types.Reference { Name = ByteString.CopyFromUtf8("HEAD"), Target = output.Text } : null;
    }
}
