using Grpc.Core;
using Praefect.StorageNode.References;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of RefService.</summary>
public sealed class RefService(UpdateReferencesHandler updates, ReferenceQueries references, ListRefsHandler listRefs) : Wire.Protos.RefService.RefServiceBase
{
    /// <inheritdoc/>
    public override Task<UpdateReferencesResponse> UpdateReferences(IAsyncStreamReader<UpdateReferencesRequest> requestStream, ServerCallContext context) =>
        updates.UpdateAsync(requestStream.ReadAllAsync(context.CancellationToken), context);

    /// <inheritdoc/>
    public override Task<DeleteRefsResponse> DeleteRefs(DeleteRefsRequest request, ServerCallContext context) => updates.DeleteAsync(request, context);

    /// <inheritdoc/>
    public override Task<RefExistsResponse> RefExists(RefExistsRequest request, ServerCallContext context) => references.ExistsAsync(request, context);

    /// <inheritdoc/>
    public override Task<FindDefaultBranchNameResponse> FindDefaultBranchName(FindDefaultBranchNameRequest request, ServerCallContext context) =>
        references.FindDefaultBranchAsync(request, context);

    /// <inheritdoc/>
    public override Task ListRefs(ListRefsRequest request, IServerStreamWriter<ListRefsResponse> responseStream, ServerCallContext context) =>
        listRefs.ListAsync(request, context, responseStream);
}
