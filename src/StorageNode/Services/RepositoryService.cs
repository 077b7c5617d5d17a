using Grpc.Core;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Replication;
using Praefect.StorageNode.Repositories;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of RepositoryService.</summary>
public sealed class RepositoryService(
    CreateRepositoryHandler create,
    RemoveRepositoryHandler remove,
    RepositoryQueries repositories,
    Maintenance maintenance,
    BundleHandlers bundles,
    ReplicateRepositoryHandler replicate,
    WriteRefHandler writeRef,
    ReferenceQueries references) : Wire.Protos.RepositoryService.RepositoryServiceBase
{
    /// <inheritdoc/>
    public override Task<CreateRepositoryResponse> CreateRepository(CreateRepositoryRequest request, ServerCallContext context) =>
        create.CreateAsync(request, context);

    /// <inheritdoc/>
    public override Task<CreateRepositoryFromBundleResponse> CreateRepositoryFromBundle(
        IAsyncStreamReader<CreateRepositoryFromBundleRequest> requestStream, ServerCallContext context) =>
        create.CreateFromBundleAsync(requestStream.ReadAllAsync(context.CancellationToken), context);

    /// <inheritdoc/>
    public override Task<RepositoryExistsResponse> RepositoryExists(RepositoryExistsRequest request, ServerCallContext context) =>
        repositories.ExistsAsync(request, context);

    /// <inheritdoc/>
    public override Task<RemoveRepositoryResponse> RemoveRepository(RemoveRepositoryRequest request, ServerCallContext context) =>
        remove.RemoveAsync(request, context);

    /// <inheritdoc/>
    public override Task<ReplicateRepositoryResponse> ReplicateRepository(ReplicateRepositoryRequest request, ServerCallContext context) =>
        replicate.ReplicateAsync(request, context);

    /// <inheritdoc/>
    public override Task<RepositorySizeResponse> RepositorySize(RepositorySizeRequest request, ServerCallContext context) =>
        repositories.SizeAsync(request, context);

    /// <inheritdoc/>
    public override Task<GetObjectDirectorySizeResponse> GetObjectDirectorySize(GetObjectDirectorySizeRequest request, ServerCallContext context) =>
        repositories.ObjectDirectorySizeAsync(request, context);

    /// <inheritdoc/>
    public override Task<CalculateChecksumResponse> CalculateChecksum(CalculateChecksumRequest request, ServerCallContext context) =>
        repositories.ChecksumAsync(request, context);

    /// <inheritdoc/>
    public override Task<ObjectFormatResponse> ObjectFormat(ObjectFormatRequest request, ServerCallContext context) =>
        repositories.ObjectFormatAsync(request, context);

    /// <inheritdoc/>
    public override Task<HasLocalBranchesResponse> HasLocalBranches(HasLocalBranchesRequest request, ServerCallContext context) =>
        references.HasLocalBranchesAsync(request, context);

    /// <inheritdoc/>
    public override Task<OptimizeRepositoryResponse> OptimizeRepository(OptimizeRepositoryRequest request, ServerCallContext context) =>
        maintenance.OptimizeAsync(request, context);

    /// <inheritdoc/>
    public override Task<PruneUnreachableObjectsResponse> PruneUnreachableObjects(PruneUnreachableObjectsRequest request, ServerCallContext context) =>
        maintenance.PruneAsync(request, context);

    /// <inheritdoc/>
    public override Task<WriteRefResponse> WriteRef(WriteRefRequest request, ServerCallContext context) => writeRef.WriteAsync(request, context);

    /// <inheritdoc/>
    public override Task<FetchBundleResponse> FetchBundle(IAsyncStreamReader<FetchBundleRequest> requestStream, ServerCallContext context) =>
        bundles.FetchAsync(requestStream.ReadAllAsync(context.CancellationToken), context);

    /// <inheritdoc/>
    public override Task CreateBundle(CreateBundleRequest request, IServerStreamWriter<CreateBundleResponse> responseStream, ServerCallContext context) =>
        bundles.CreateAsync(request, context, responseStream);
}
