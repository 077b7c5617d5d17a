using Praefect.StorageNode.Objects;
using Praefect.StorageNode.Packs;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Replication;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Server;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Hosting;

/// <summary>Every RPC that this node answers.</summary>
public sealed class NodeMethods(
    CreateRepositoryHandler create,
    RemoveRepositoryHandler remove,
    RepositoryQueries repositories,
    Maintenance maintenance,
    BundleHandlers bundles,
    ReplicateRepositoryHandler replicate,
    WriteRefHandler writeRef,
    UpdateReferencesHandler updates,
    ReferenceQueries references,
    ListRefsHandler listRefs,
    FindCommitHandler commits,
    GetBlobHandler blobs,
    InfoRefsHandler infoRefs,
    UploadPackHandler uploadPack,
    ReceivePackHandler receivePack,
    ServerHandlers server)
{
    /// <summary>Adds them to <paramref name="table"/>.</summary>
    public GrpcMethodTable Register(GrpcMethodTable table)
    {
        RegisterRepositories(table);
        RegisterReferences(table);
        RegisterTransfers(table);
        return table
            .Unary("/gitaly.CommitService/FindCommit", FindCommitRequest.Parser, commits.FindAsync)
            .ServerStream<GetBlobRequest, GetBlobResponse>("/gitaly.BlobService/GetBlob", GetBlobRequest.Parser, blobs.GetAsync)
            .Unary("/gitaly.ServerService/ServerInfo", ServerInfoRequest.Parser, server.InfoAsync)
            .Unary("/gitaly.ServerService/DiskStatistics", DiskStatisticsRequest.Parser, server.DiskAsync)
            .Unary("/gitaly.ServerService/ReadinessCheck", ReadinessCheckRequest.Parser, server.ReadyAsync)
            .ServerStream<WalkReposRequest, WalkReposResponse>("/gitaly.InternalGitaly/WalkRepos", WalkReposRequest.Parser, server.WalkAsync);
    }

    private void RegisterRepositories(GrpcMethodTable table)
    {
        const string service = "/gitaly.RepositoryService/";
        table
            .Unary(service + "CreateRepository", CreateRepositoryRequest.Parser, create.CreateAsync)
            .ClientStream(service + "CreateRepositoryFromBundle", CreateRepositoryFromBundleRequest.Parser, create.CreateFromBundleAsync)
            .Unary(service + "RepositoryExists", RepositoryExistsRequest.Parser, repositories.ExistsAsync)
            .Unary(service + "RemoveRepository", RemoveRepositoryRequest.Parser, remove.RemoveAsync)
            .Unary(service + "ReplicateRepository", ReplicateRepositoryRequest.Parser, replicate.ReplicateAsync)
            .Unary(service + "RepositorySize", RepositorySizeRequest.Parser, repositories.SizeAsync)
            .Unary(service + "GetObjectDirectorySize", GetObjectDirectorySizeRequest.Parser, repositories.ObjectDirectorySizeAsync)
            .Unary(service + "CalculateChecksum", CalculateChecksumRequest.Parser, repositories.ChecksumAsync)
            .Unary(service + "ObjectFormat", ObjectFormatRequest.Parser, repositories.ObjectFormatAsync)
            .Unary(service + "HasLocalBranches", HasLocalBranchesRequest.Parser, references.HasLocalBranchesAsync)
            .Unary(service + "OptimizeRepository", OptimizeRepositoryRequest.Parser, maintenance.OptimizeAsync)
            .Unary(service + "PruneUnreachableObjects", PruneUnreachableObjectsRequest.Parser, maintenance.PruneAsync)
            .Unary(service + "WriteRef", WriteRefRequest.Parser, writeRef.WriteAsync)
            .ClientStream(service + "FetchBundle", FetchBundleRequest.Parser, bundles.FetchAsync)
            .ServerStream<CreateBundleRequest, CreateBundleResponse>(service + "CreateBundle", CreateBundleRequest.Parser, bundles.CreateAsync);
    }

    private void RegisterReferences(GrpcMethodTable table)
    {
        const string service = "/gitaly.RefService/";
        table
            .ClientStream(service + "UpdateReferences", UpdateReferencesRequest.Parser, updates.UpdateAsync)
            .Unary(service + "DeleteRefs", DeleteRefsRequest.Parser, updates.DeleteAsync)
            .Unary(service + "RefExists", RefExistsRequest.Parser, references.ExistsAsync)
            .Unary(service + "FindDefaultBranchName", FindDefaultBranchNameRequest.Parser, references.FindDefaultBranchAsync)
            .ServerStream<ListRefsRequest, ListRefsResponse>(service + "ListRefs", ListRefsRequest.Parser, listRefs.ListAsync);
    }

    private void RegisterTransfers(GrpcMethodTable table)
    {
        const string http = "/gitaly.SmartHTTPService/";
        const string ssh = "/gitaly.SSHService/";
        table
            .ServerStream<InfoRefsRequest, InfoRefsResponse>(http + "InfoRefsUploadPack", InfoRefsRequest.Parser, infoRefs.UploadPackAsync)
            .ServerStream<InfoRefsRequest, InfoRefsResponse>(http + "InfoRefsReceivePack", InfoRefsRequest.Parser, infoRefs.ReceivePackAsync)
            .Unary(http + "PostUploadPackWithSidechannel", PostUploadPackWithSidechannelRequest.Parser, uploadPack.PostAsync)
            .Duplex<PostReceivePackRequest, PostReceivePackResponse>(http + "PostReceivePack", PostReceivePackRequest.Parser, receivePack.PostAsync)
            .Unary(ssh + "SSHUploadPackWithSidechannel", SSHUploadPackWithSidechannelRequest.Parser, uploadPack.SshAsync)
            .Duplex<SSHReceivePackRequest, SSHReceivePackResponse>(ssh + "SSHReceivePack", SSHReceivePackRequest.Parser, receivePack.SshAsync);
    }
}
