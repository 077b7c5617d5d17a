using Grpc.Core;
using Praefect.StorageNode.Packs;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of SSHService: fetches and pushes that came over SSH.</summary>
public sealed class SshService(UploadPackHandler uploadPack, ReceivePackHandler receivePack) : SSHService.SSHServiceBase
{
    /// <inheritdoc/>
    public override Task<SSHUploadPackWithSidechannelResponse> SSHUploadPackWithSidechannel(
        SSHUploadPackWithSidechannelRequest request, ServerCallContext context) => uploadPack.SshAsync(request, context);

    /// <inheritdoc/>
    public override Task SSHReceivePack(
        IAsyncStreamReader<SSHReceivePackRequest> requestStream, IServerStreamWriter<SSHReceivePackResponse> responseStream, ServerCallContext context) =>
        receivePack.SshAsync(requestStream.ReadAllAsync(context.CancellationToken), context, responseStream);
}
