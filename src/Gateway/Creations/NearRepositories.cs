using System.Collections.Immutable;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Creations;

/// <summary>A second repository that a write has to do with.</summary>
/// <param name="Placement">Where it lives; null: there is none.</param>
/// <param name="Extras">What the nodes are told about it.</param>
internal readonly record struct NearRepository(Placement? Placement, WriteExtras Extras)
{
    /// <summary>Storages that can carry out a call whose message names the second repository; null: any, since it does not.</summary>
    public ImmutableArray<string>? Needed => Extras.AdditionalReplicaPath is null ? null : Placement?.UpToDate;
}

/// <summary>
/// Finds the second repository of a write: the additional one in the message, the client's partitioning hint, or a fork's source, in that order.
/// </summary>
internal sealed class NearRepositories(GrainCalls grains, GatewayOptions options)
{
    private static readonly FieldPath s_forkSource = FieldPath.Parse("2");

    /// <exception cref="GrpcException">InvalidArgument: in another virtual storage, or several hints. NotFound: there is no such repository.</exception>
    public async ValueTask<NearRepository> FindAsync(ProxyCall call, string prefix)
    {
        if (call.Method.AdditionalRepository is { } path)
            return await AdditionalAsync(call, path, prefix);
        if (Hint(call) is { } hint)
            return await HintedAsync(call, hint, prefix);
        if (call.Method.Path == Methods.Repository.CreateFork && ForkSource(call) is { } source)
            return await HintedAsync(call, source, prefix);
        return default;
    }

    private async ValueTask<NearRepository> AdditionalAsync(ProxyCall call, FieldPath path, string prefix)
    {
        var fields = RequestRewriter.ReadRepository(call.Frame.Message.Span, path);
        if (!fields.Present)
            return default;
        if (!string.Equals(fields.StorageName, call.Key.VirtualStorage, StringComparison.Ordinal))
            throw TargetErrors.Invalid("resolving additional repository on different storage than target repository is not supported");
        var placement = await PlacementAsync(call, fields.RelativePath, prefix);
        return new NearRepository(placement, new WriteExtras(AdditionalReplicaPath: placement.ReplicaPath));
    }

    private async ValueTask<NearRepository> HintedAsync(ProxyCall call, string relativePath, string prefix)
    {
        var placement = await PlacementAsync(call, relativePath, prefix);
        return new NearRepository(placement, new WriteExtras(PartitioningHint: placement.ReplicaPath));
    }

    private async ValueTask<Placement> PlacementAsync(ProxyCall call, string relativePath, string prefix)
    {
        try
        {
            var key = new RepositoryKey(call.Key.VirtualStorage, relativePath);
            return await grains.CallAsync<object?, Placement?>(key, null, static (grain, _, token) => grain.GetPlacementAsync(token), options.RouteTimeout, call.Token)
                ?? throw new GrpcException(RouteErrors.AdditionalNotFound(prefix));
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, prefix);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }
    }

    private static string? Hint(ProxyCall call)
    {
        if (!call.Http.Request.Headers.TryGetValue(MetadataKeys.PartitioningHint, out var values) || values.Count == 0)
            return null;
        return values.Count == 1 ? values[0] : throw TargetErrors.Invalid($"more than one {MetadataKeys.PartitioningHint} given");
    }

    /// <summary>A source elsewhere has no place here to be near to.</summary>
    private static string? ForkSource(ProxyCall call)
    {
        var source = RequestRewriter.ReadRepository(call.Frame.Message.Span, s_forkSource);
        return source.RelativePath.Length > 0 && string.Equals(source.StorageName, call.Key.VirtualStorage, StringComparison.Ordinal)
            ? source.RelativePath
            : null;
    }
}
