using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Packs;

/// <summary>InfoRefsUploadPack and InfoRefsReceivePack: what a Git server says first.</summary>
public sealed class InfoRefsHandler(StorageFolders storages)
{
    /// <summary>The advertisement for fetches.</summary>
    public Task UploadPackAsync(InfoRefsRequest request, ServerCallContext call, IServerStreamWriter<InfoRefsResponse> responses) =>
        AdvertiseAsync("upload-pack", "001e# service=git-upload-pack\n0000", request, call, responses);

    /// <summary>The advertisement for pushes.</summary>
    public Task ReceivePackAsync(InfoRefsRequest request, ServerCallContext call, IServerStreamWriter<InfoRefsResponse> responses) =>
        AdvertiseAsync("receive-pack", "001f# service=git-receive-pack\n0000", request, call, responses);

    private async Task AdvertiseAsync(
        string service, string preamble, InfoRefsRequest request, ServerCallContext call, IServerStreamWriter<InfoRefsResponse> responses)
    {
        var repository = storages.Find(request.Repository);
        var command = repository.Command(service, "--stateless-rpc", "--advertise-refs", repository.FullPath) with
        {
            GitProtocol = GitConfigOptions.CheckProtocol(request.GitProtocol),
            Configuration = GitConfigOptions.Parse(request.GitConfigOptions),
        };
        await using var process = await repository.Git.StartAsync(command, call.CancellationToken);
        await process.CloseInputAsync();
        var pending = ByteString.CopyFromUtf8(preamble);
        await Chunks.SendAsync(process.Output, SendAsync, call.CancellationToken);
        await process.EnsureSuccessAsync(call.CancellationToken);
        if (!pending.IsEmpty)
        {
            throw new GitFailedException(service, 0, "no advertisement");
        }

        Task SendAsync(ByteString data)
        {
            // The preamble goes with the first bytes: one message for a small repository, and an error instead of half an answer for a broken one.
            var message = new InfoRefsResponse { Data = pending.IsEmpty ? data : ByteString.CopyFrom([.. pending.Span, .. data.Span]) };
            pending = ByteString.Empty;
            return responses.WriteAsync(message, call.CancellationToken);
        }
    }
}
