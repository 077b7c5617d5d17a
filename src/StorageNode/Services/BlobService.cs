using Grpc.Core;
using Praefect.StorageNode.Objects;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of BlobService.</summary>
public sealed class BlobService(GetBlobHandler blobs) : Wire.Protos.BlobService.BlobServiceBase
{
    /// <inheritdoc/>
    public override Task GetBlob(GetBlobRequest request, IServerStreamWriter<GetBlobResponse> responseStream, ServerCallContext context) =>
        blobs.GetAsync(request, context, responseStream);
}
