using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;
using Failure = Praefect.Wire.Protos.ReadinessCheckResponse.Types.Failure;
using StorageStatus = Praefect.Wire.Protos.ServerInfoResponse.Types.StorageStatus;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of ServerService.</summary>
public sealed class ServerService(StorageFolders storages, GitExecutable git) : Wire.Protos.ServerService.ServerServiceBase
{
    private static readonly string Version = typeof(ServerService).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Versions and the state of the storages.</summary>
    public override Task<ServerInfoResponse> ServerInfo(ServerInfoRequest request, ServerCallContext context)
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
    public override Task<DiskStatisticsResponse> DiskStatistics(DiskStatisticsRequest request, ServerCallContext context)
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
    public override Task<ReadinessCheckResponse> ReadinessCheck(ReadinessCheckRequest request, ServerCallContext context)
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
