using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Packs;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Objects;

/// <summary>GetBlob: the content of a blob, or its first bytes.</summary>
public sealed class GetBlobHandler(StorageFolders storages)
{
    /// <summary>Streams the blob. One that does not exist gives a single empty response, as Gitaly's.</summary>
    public async Task GetAsync(GetBlobRequest request, ServerCallContext call, IServerStreamWriter<GetBlobResponse> responses)
    {
        var cancellationToken = call.CancellationToken;
        var repository = storages.Find(request.Repository);
        if (!ObjectId.IsFull(request.Oid))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, request.Oid.Length == 0 ? "empty Oid" : "invalid object id");
        }

        await using var process = await repository.Git.StartAsync(repository.Command("cat-file", "--batch"), cancellationToken);
        await process.WriteAllAsync(Encoding.ASCII.GetBytes(request.Oid + "\n"), cancellationToken);
        var words = (await ObjectHeader.ReadAsync(process.Output, cancellationToken)).Split(' ');
        if (words is not [_, "blob", var sizeText])
        {
            if (words is [_, "missing"])
            {
                await responses.WriteAsync(new GetBlobResponse(), cancellationToken);
                return;
            }

            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"object is not a blob but a {(words.Length > 1 ? words[1] : "nothing")}");
        }

        var size = long.Parse(sizeText, CultureInfo.InvariantCulture);
        var wanted = request.Limit < 0 ? size : Math.Min(size, request.Limit);
        var first = new GetBlobResponse { Oid = request.Oid, Size = size };
        await SendAsync(process.Output, first, wanted, responses, cancellationToken);
    }

    private static async Task SendAsync(
        PipeReader content, GetBlobResponse first, long wanted, IServerStreamWriter<GetBlobResponse> responses, CancellationToken cancellationToken)
    {
        var message = first;
        while (wanted > 0)
        {
            var read = await content.ReadAsync(cancellationToken);
            var piece = read.Buffer.Slice(0, Math.Min(Math.Min(read.Buffer.Length, wanted), Chunks.MaxBytes));
            if (piece.IsEmpty && read.IsCompleted)
            {
                throw new GrpcException(GrpcStatusCode.Internal, "git ended in the middle of a blob");
            }

            wanted -= piece.Length;
            message.Data = Chunks.Copy(piece);
            content.AdvanceTo(piece.End);
            await responses.WriteAsync(message, cancellationToken);
            message = new GetBlobResponse();
        }

        if (ReferenceEquals(message, first))
        {
            await responses.WriteAsync(first, cancellationToken);
        }
    }
}
