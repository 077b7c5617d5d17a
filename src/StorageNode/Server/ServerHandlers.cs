using Google.Protobuf.WellKnownTypes;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Failure = Praefect.Wire.Protos.ReadinessCheckResponse.Types.Failure;
using StorageStatus = Praefect.Wire.Protos.ServerInfoResponse.Types.StorageStatus;

namespace Praefect.StorageNode.Server;

/// <summary>ServerInfo, DiskStatistics, ReadinessCheck, WalkRepos.</summary>
public sealed class ServerHandlers(StorageFolders storages, GitExecutable git)
{
    private static readonly string Version = typeof(ServerHandlers).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Versions and the state of the storages.</summary>
    public Task<ServerInfoResponse> InfoAsync(ServerInfoRequest request, GrpcServerCall call)
    {
        var response = new ServerInfoResponse { ServerVersion = Version, GitVersion = git.VersionText };
        response.StorageStatuses.AddRange(storages.All.Select(storage => new StorageStatus
        {
            StorageName = storage.Name,
            Readable = FaultOf(storage, write: false) is null,
            Writeable = FaultOf(storage, write: true) is null,
            FsType = new DriveInfo(storage.FullPath).DriveFormat,
            FilesystemId = storage.FileSystemId,
            ReplicationFactor = 1,
        }));
        return Task.FromResult(response);
    }

    /// <summary>Bytes available and used on the storages' file systems.</summary>
    public Task<DiskStatisticsResponse> DiskAsync(DiskStatisticsRequest request, GrpcServerCall call)
    {
        var response = new DiskStatisticsResponse();
        foreach (var storage in storages.All)
        {
            var drive = new DriveInfo(storage.FullPath);
            response.StorageStatuses.Add(new DiskStatisticsResponse.Types.StorageStatus
            {
                StorageName = storage.Name,
                Available = drive.AvailableFreeSpace,
                Used = drive.TotalSize - drive.TotalFreeSpace,
            });
        }

        return Task.FromResult(response);
    }

    /// <summary>Whether every storage can be read and written.</summary>
    public Task<ReadinessCheckResponse> ReadyAsync(ReadinessCheckRequest request, GrpcServerCall call)
    {
        var faults = storages.All
            .Select(storage => (storage.Name, Fault: FaultOf(storage, write: true)))
            .Where(found => found.Fault is not null)
            .Select(found => new Failure.Types.Response { Name = $"storage {found.Name}", ErrorMessage = found.Fault })
            .ToList();
        var response = new ReadinessCheckResponse();
        if (faults.Count == 0)
        {
            response.OkResponse = new ReadinessCheckResponse.Types.Ok();
        }
        else
        {
            response.FailureResponse = new Failure { FailedChecks = { faults } };
        }

        return Task.FromResult(response);
    }

    /// <summary>All repositories of a storage.</summary>
    public async Task WalkAsync(WalkReposRequest request, GrpcServerCall call, IGrpcResponseStream<WalkReposResponse> responses)
    {
        foreach (var repository in RepositoryWalk.Walk(storages.Get(request.StorageName), call.CancellationToken))
        {
            var modified = new DirectoryInfo(repository.FullPath).LastWriteTimeUtc;
            await responses.WriteAsync(
                new WalkReposResponse { RelativePath = repository.RelativePath, ModificationTime = Timestamp.FromDateTime(modified) }, call.CancellationToken);
        }
    }

    private static string? FaultOf(StorageFolder storage, bool write)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(storage.FullPath).Any();
            if (write)
            {
                var probe = storage.NewTemporaryPath("probe");
                File.WriteAllBytes(probe, []);
                File.Delete(probe);
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
