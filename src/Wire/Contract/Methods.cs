namespace Praefect.Wire.Contract;

/// <summary>Paths of the RPCs that code of this project names: serves, calls, or treats in a special way. All others are known by <see cref="RpcRegistry"/> alone.</summary>
public static class Methods
{
    /// <summary>gitaly.BlobService.</summary>
    public static class Blob
    {
        /// <summary>BlobService/GetBlob.</summary>
        public const string GetBlob = "/gitaly.BlobService/GetBlob";
    }

    /// <summary>gitaly.CommitService.</summary>
    public static class Commit
    {
        /// <summary>CommitService/FindCommit.</summary>
        public const string FindCommit = "/gitaly.CommitService/FindCommit";

        /// <summary>CommitService/ListCommits.</summary>
        public const string ListCommits = "/gitaly.CommitService/ListCommits";

        /// <summary>CommitService/CommitLanguages.</summary>
        public const string CommitLanguages = "/gitaly.CommitService/CommitLanguages";
    }

    /// <summary>gitaly.InternalGitaly.</summary>
    public static class InternalGitaly
    {
        /// <summary>InternalGitaly/WalkRepos.</summary>
        public const string WalkRepos = "/gitaly.InternalGitaly/WalkRepos";

        /// <summary>InternalGitaly/ScanPoolMetadata.</summary>
        public const string ScanPoolMetadata = "/gitaly.InternalGitaly/ScanPoolMetadata";

        /// <summary>InternalGitaly/StorePoolMetadata.</summary>
        public const string StorePoolMetadata = "/gitaly.InternalGitaly/StorePoolMetadata";

        /// <summary>InternalGitaly/ListPoolUpstreams.</summary>
        public const string ListPoolUpstreams = "/gitaly.InternalGitaly/ListPoolUpstreams";
    }

    /// <summary>gitaly.ObjectPoolService.</summary>
    public static class ObjectPool
    {
        /// <summary>ObjectPoolService/CreateObjectPool.</summary>
        public const string CreateObjectPool = "/gitaly.ObjectPoolService/CreateObjectPool";

        /// <summary>ObjectPoolService/DeleteObjectPool.</summary>
        public const string DeleteObjectPool = "/gitaly.ObjectPoolService/DeleteObjectPool";

        /// <summary>ObjectPoolService/LinkRepositoryToObjectPool.</summary>
        public const string LinkRepositoryToObjectPool = "/gitaly.ObjectPoolService/LinkRepositoryToObjectPool";

        /// <summary>ObjectPoolService/FetchIntoObjectPool.</summary>
        public const string FetchIntoObjectPool = "/gitaly.ObjectPoolService/FetchIntoObjectPool";

        /// <summary>ObjectPoolService/GetObjectPool.</summary>
        public const string GetObjectPool = "/gitaly.ObjectPoolService/GetObjectPool";

        /// <summary>ObjectPoolService/DisconnectGitAlternates.</summary>
        public const string DisconnectGitAlternates = "/gitaly.ObjectPoolService/DisconnectGitAlternates";
    }

    /// <summary>gitaly.OperationService.</summary>
    public static class Operation
    {
        /// <summary>OperationService/UserCreateBranch.</summary>
        public const string UserCreateBranch = "/gitaly.OperationService/UserCreateBranch";

        /// <summary>OperationService/UserDeleteBranch.</summary>
        public const string UserDeleteBranch = "/gitaly.OperationService/UserDeleteBranch";

        /// <summary>OperationService/UserUpdateBranch.</summary>
        public const string UserUpdateBranch = "/gitaly.OperationService/UserUpdateBranch";

        /// <summary>OperationService/UserCommitFiles.</summary>
        public const string UserCommitFiles = "/gitaly.OperationService/UserCommitFiles";
    }

    /// <summary>gitaly.PraefectInfoService.</summary>
    public static class PraefectInfo
    {
        /// <summary>PraefectInfoService/RepositoryReplicas.</summary>
        public const string RepositoryReplicas = "/gitaly.PraefectInfoService/RepositoryReplicas";

        /// <summary>PraefectInfoService/Dataloss.</summary>
        public const string Dataloss = "/gitaly.PraefectInfoService/Dataloss";

        /// <summary>PraefectInfoService/SetAuthoritativeStorage.</summary>
        public const string SetAuthoritativeStorage = "/gitaly.PraefectInfoService/SetAuthoritativeStorage";

        /// <summary>PraefectInfoService/MarkUnverified.</summary>
        public const string MarkUnverified = "/gitaly.PraefectInfoService/MarkUnverified";

        /// <summary>PraefectInfoService/SetReplicationFactor.</summary>
        public const string SetReplicationFactor = "/gitaly.PraefectInfoService/SetReplicationFactor";

        /// <summary>PraefectInfoService/GetRepositoryMetadata.</summary>
        public const string GetRepositoryMetadata = "/gitaly.PraefectInfoService/GetRepositoryMetadata";
    }

    /// <summary>gitaly.RefService.</summary>
    public static class Ref
    {
        /// <summary>RefService/ListRefs.</summary>
        public const string ListRefs = "/gitaly.RefService/ListRefs";

        /// <summary>RefService/RefExists.</summary>
        public const string RefExists = "/gitaly.RefService/RefExists";

        /// <summary>RefService/FindDefaultBranchName.</summary>
        public const string FindDefaultBranchName = "/gitaly.RefService/FindDefaultBranchName";

        /// <summary>RefService/DeleteRefs.</summary>
        public const string DeleteRefs = "/gitaly.RefService/DeleteRefs";

        /// <summary>RefService/UpdateReferences.</summary>
        public const string UpdateReferences = "/gitaly.RefService/UpdateReferences";

        /// <summary>RefService/FindBranch.</summary>
        public const string FindBranch = "/gitaly.RefService/FindBranch";

        /// <summary>RefService/FindLocalBranches.</summary>
        public const string FindLocalBranches = "/gitaly.RefService/FindLocalBranches";
    }

    /// <summary>gitaly.RefTransaction.</summary>
    public static class RefTransaction
    {
        /// <summary>RefTransaction/VoteTransaction.</summary>
        public const string VoteTransaction = "/gitaly.RefTransaction/VoteTransaction";

        /// <summary>RefTransaction/StopTransaction.</summary>
        public const string StopTransaction = "/gitaly.RefTransaction/StopTransaction";
    }

    /// <summary>gitaly.RepositoryService.</summary>
    public static class Repository
    {
        /// <summary>RepositoryService/CreateRepository.</summary>
        public const string CreateRepository = "/gitaly.RepositoryService/CreateRepository";

        /// <summary>RepositoryService/RepositoryExists.</summary>
        public const string RepositoryExists = "/gitaly.RepositoryService/RepositoryExists";

        /// <summary>RepositoryService/RemoveRepository.</summary>
        public const string RemoveRepository = "/gitaly.RepositoryService/RemoveRepository";

        /// <summary>RepositoryService/ReplicateRepository.</summary>
        public const string ReplicateRepository = "/gitaly.RepositoryService/ReplicateRepository";

        /// <summary>RepositoryService/RepositorySize.</summary>
        public const string RepositorySize = "/gitaly.RepositoryService/RepositorySize";

        /// <summary>RepositoryService/CalculateChecksum.</summary>
        public const string CalculateChecksum = "/gitaly.RepositoryService/CalculateChecksum";

        /// <summary>RepositoryService/OptimizeRepository.</summary>
        public const string OptimizeRepository = "/gitaly.RepositoryService/OptimizeRepository";

        /// <summary>RepositoryService/PruneUnreachableObjects.</summary>
        public const string PruneUnreachableObjects = "/gitaly.RepositoryService/PruneUnreachableObjects";

        /// <summary>RepositoryService/WriteRef.</summary>
        public const string WriteRef = "/gitaly.RepositoryService/WriteRef";

        /// <summary>RepositoryService/FetchBundle.</summary>
        public const string FetchBundle = "/gitaly.RepositoryService/FetchBundle";

        /// <summary>RepositoryService/CreateBundle.</summary>
        public const string CreateBundle = "/gitaly.RepositoryService/CreateBundle";

        /// <summary>RepositoryService/CreateRepositoryFromBundle.</summary>
        public const string CreateRepositoryFromBundle = "/gitaly.RepositoryService/CreateRepositoryFromBundle";

        /// <summary>RepositoryService/GetObjectDirectorySize.</summary>
        public const string GetObjectDirectorySize = "/gitaly.RepositoryService/GetObjectDirectorySize";

        /// <summary>RepositoryService/HasLocalBranches.</summary>
        public const string HasLocalBranches = "/gitaly.RepositoryService/HasLocalBranches";

        /// <summary>RepositoryService/ObjectFormat.</summary>
        public const string ObjectFormat = "/gitaly.RepositoryService/ObjectFormat";

        /// <summary>RepositoryService/CreateFork.</summary>
        public const string CreateFork = "/gitaly.RepositoryService/CreateFork";

        /// <summary>RepositoryService/GetCustomHooks.</summary>
        public const string GetCustomHooks = "/gitaly.RepositoryService/GetCustomHooks";

        /// <summary>RepositoryService/SetCustomHooks.</summary>
        public const string SetCustomHooks = "/gitaly.RepositoryService/SetCustomHooks";

        /// <summary>RepositoryService/BackupRepository.</summary>
        public const string BackupRepository = "/gitaly.RepositoryService/BackupRepository";

        /// <summary>RepositoryService/RestoreRepository.</summary>
        public const string RestoreRepository = "/gitaly.RepositoryService/RestoreRepository";

        /// <summary>RepositoryService/RemoveAll.</summary>
        public const string RemoveAll = "/gitaly.RepositoryService/RemoveAll";
    }

    /// <summary>gitaly.SSHService.</summary>
    public static class SSH
    {
        /// <summary>SSHService/SSHReceivePack.</summary>
        public const string SSHReceivePack = "/gitaly.SSHService/SSHReceivePack";

        /// <summary>SSHService/SSHUploadPack.</summary>
        public const string SSHUploadPack = "/gitaly.SSHService/SSHUploadPack";

        /// <summary>SSHService/SSHUploadPackWithSidechannel.</summary>
        public const string SSHUploadPackWithSidechannel = "/gitaly.SSHService/SSHUploadPackWithSidechannel";
    }

    /// <summary>gitaly.ServerService.</summary>
    public static class Server
    {
        /// <summary>ServerService/ServerInfo.</summary>
        public const string ServerInfo = "/gitaly.ServerService/ServerInfo";

        /// <summary>ServerService/DiskStatistics.</summary>
        public const string DiskStatistics = "/gitaly.ServerService/DiskStatistics";

        /// <summary>ServerService/ReadinessCheck.</summary>
        public const string ReadinessCheck = "/gitaly.ServerService/ReadinessCheck";

        /// <summary>ServerService/ClockSynced.</summary>
        public const string ClockSynced = "/gitaly.ServerService/ClockSynced";

        /// <summary>ServerService/ServerSignature.</summary>
        public const string ServerSignature = "/gitaly.ServerService/ServerSignature";
    }

    /// <summary>gitaly.SmartHTTPService.</summary>
    public static class SmartHTTP
    {
        /// <summary>SmartHTTPService/InfoRefsUploadPack.</summary>
        public const string InfoRefsUploadPack = "/gitaly.SmartHTTPService/InfoRefsUploadPack";

        /// <summary>SmartHTTPService/InfoRefsReceivePack.</summary>
        public const string InfoRefsReceivePack = "/gitaly.SmartHTTPService/InfoRefsReceivePack";

        /// <summary>SmartHTTPService/PostUploadPackWithSidechannel.</summary>
        public const string PostUploadPackWithSidechannel = "/gitaly.SmartHTTPService/PostUploadPackWithSidechannel";

        /// <summary>SmartHTTPService/PostReceivePack.</summary>
        public const string PostReceivePack = "/gitaly.SmartHTTPService/PostReceivePack";
    }

    /// <summary>grpc.health.v1.Health.</summary>
    public static class Health
    {
        /// <summary>Health/Check.</summary>
        public const string Check = "/grpc.health.v1.Health/Check";

        /// <summary>Health/Watch.</summary>
        public const string Watch = "/grpc.health.v1.Health/Watch";
    }
}
