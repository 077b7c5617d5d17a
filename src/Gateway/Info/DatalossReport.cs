using Grpc.Core;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.StorageScoped;
using Praefect.Grains.Catalogue;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Info;

/// <summary>Dataloss: repositories that nobody can serve, or that are not everywhere they have to be. Streamed, however many there are.</summary>
internal sealed class DatalossReport(NodeTable nodes, HealthyNodes healthy, CatalogueAccess catalogue)
{
    /// <summary>Repositories in one message: far below the 4 MiB that clients take.</summary>
    private const int PerMessage = 200;

    public async Task SendAsync(DatalossRequest request, IServerStreamWriter<DatalossResponse> responses, ServerCallContext call)
    {
        if (!nodes.TryGet(request.VirtualStorage, out var virtualStorage))
            throw new GrpcException(GrpcStatusCode.Internal, $"unknown virtual storage: \"{request.VirtualStorage}\"");
        var known = catalogue.Get(Methods.PraefectInfo.Dataloss);
        var up = await healthy.StoragesAsync(virtualStorage, call.CancellationToken);
        var entries = known.DatalossAsync(
            virtualStorage.Name, [.. virtualStorage.All.Select(n => n.Storage)], up, request.IncludePartiallyReplicated, call.CancellationToken);
        var chunk = new DatalossResponse();
        await foreach (var entry in entries)
        {
            chunk.Repositories.Add(Message(entry));
            if (chunk.Repositories.Count < PerMessage)
                continue;
            await responses.WriteAsync(chunk, call.CancellationToken);
            chunk = new DatalossResponse();
        }

        if (chunk.Repositories.Count > 0)
            await responses.WriteAsync(chunk, call.CancellationToken);
    }

    private static DatalossResponse.Types.Repository Message(DatalossEntry entry)
    {
        var repository = new DatalossResponse.Types.Repository
        {
            RelativePath = entry.RelativePath,
            Unavailable = entry.Unavailable,
            Primary = entry.Primary,
        };

        // Storages that have to host it come first; another one counts only where none of those could be primary.
        var assigned = entry.Replicas.Any(static replica => replica.Assigned && Serves(replica));
        repository.Storages.AddRange(entry.Replicas.Select(replica => new DatalossResponse.Types.Repository.Types.Storage
        {
            Name = replica.Storage,
            BehindBy = replica.BehindBy,
            Assigned = replica.Assigned,
            Healthy = replica.Healthy,
            ValidPrimary = Serves(replica) && (replica.Assigned || !assigned),
        }));
        return repository;
    }

    private static bool Serves(DatalossReplica replica) => replica is { Healthy: true, BehindBy: 0 };
}
