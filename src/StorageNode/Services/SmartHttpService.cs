using Grpc.Core;
using Praefect.StorageNode.Packs;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>SmartHTTPService: clones, fetches and pushes that came over HTTP.</summary>
public sealed class SmartHttpService(InfoRefsHandler infoRefs, UploadPackHandler uploadPack, ReceivePackHandler receivePack) : SmartHTTPService.SmartHTTPServiceBase
{
    /// <inheritdoc/>
    public override Task InfoRefsUploadPack(InfoRefsRequest request, IServerStreamWriter<InfoRefsResponse> responseStream, ServerCallContext context) =>
        infoRefs.UploadPackAsync(request, context, responseStream);

    /// <inheritdoc/>
    public override Task InfoRefsReceivePack(InfoRefsRequest request, IServerStreamWriter<InfoRefsResponse> responseStream, ServerCallContext context) =>
        infoRefs.ReceivePackAsync(request, context, responseStream);

    /// <inheritdoc/>
    public override Task<PostUploadPackWithSidechannelResponse> PostUploadPackWithSidechannel(
        PostUploadPackWithSidechannelRequest request, ServerCallContext context) => uploadPack.PostAsync(request, context);

    /// <inheritdoc/>
    public override Task PostReceivePack(
        IAsyncStreamReader<PostReceivePackRequest> requestStream, IServerStreamWriter<PostReceivePackResponse> responseStream, ServerCallContext context) =>
        receivePack.PostAsync(requestStream.ReadAllAsync(context.CancellationToken), context, responseStream);
}
