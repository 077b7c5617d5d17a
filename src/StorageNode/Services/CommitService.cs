using Grpc.Core;
using Praefect.StorageNode.Objects;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of CommitService.</summary>
public sealed class CommitService(FindCommitHandler commits) : Wire.Protos.CommitService.CommitServiceBase
{
    /// <inheritdoc/>
    public override Task<FindCommitResponse> FindCommit(FindCommitRequest request, ServerCallContext context) => commits.FindAsync(request, context);
}
