using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Creations;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Maintenance;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.StorageScoped;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Repositories;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Pipeline;

/// <summary>Reads a proxied call's first message, finds out what it is about, and hands it to the handler of its kind.</summary>
internal sealed class ProxyDispatch(
    NodeTable nodes, AccessorHandler accessors, MutatorHandler mutators, CreationHandler creations, MaintenanceHandler maintenance,
    StorageScopedHandler storageScoped, CorrelationIds correlationIds, GatewayOptions options, GatewayMetrics metrics)
{
    public async Task InvokeAsync(HttpContext http, RpcMethod method, CallDeadline deadline, CallLog log)
    {
        if (method.Handling is RpcHandling.Refused or RpcHandling.Own || method.Scope is RpcScope.None or RpcScope.Partition || !IsProxied(method))
            throw new GrpcException(GrpcStatusCode.Unimplemented, Refusal(method));
        metrics.MethodType(method.Operation);
        using var raw = await FirstFrame.ReadAsync(http.Request.BodyReader, options.MaxFirstMessageBytes, deadline.Token)
            ?? throw TargetErrors.Invalid("the request has no message: a first one is needed for routing");
        using var frame = raw.Compressed ? raw.Inflate(http.Request.Headers["grpc-encoding"], options.MaxFirstMessageBytes) : raw;
        var call = method.Scope == RpcScope.Repository ? OnRepository(http, method, frame, deadline) : OnStorage(http, method, frame, deadline);
        log.Call = call;
        await HandleAsync(call);
    }

    private Task HandleAsync(ProxyCall call) => call.Method switch
    {
        { Scope: RpcScope.Storage } => storageScoped.HandleAsync(call),
        { Operation: RpcOperation.Accessor } => accessors.HandleAsync(call),
        { Operation: RpcOperation.Maintenance } => maintenance.HandleAsync(call),
        { Creates: true } => creations.HandleAsync(call),
        _ => mutators.HandleAsync(call),
    };

    private ProxyCall OnRepository(HttpContext http, RpcMethod method, FirstFrame frame, CallDeadline deadline)
    {
        RepositoryFields target;
        try
        {
            target = RequestRewriter.ReadRepository(frame.Message.Span, method.Target!);
        }
        catch (GrpcException e)
        {
            throw new GrpcException(new GrpcStatus(e.Status.Code, "repo scoped: " + e.Status.Message), e);
        }

        TargetErrors.Check(target);
        if (!nodes.TryGet(target.StorageName, out var virtualStorage))
            throw TargetErrors.Invalid("storage name not found");
        return new ProxyCall(http, method, frame, virtualStorage, deadline, correlationIds.Of(http))
        {
            Key = new RepositoryKey(virtualStorage.Name, target.RelativePath),
        };
    }

    private ProxyCall OnStorage(HttpContext http, RpcMethod method, FirstFrame frame, CallDeadline deadline)
    {
        var name = RequestRewriter.ReadString(frame.Message.Span, method.Storage!);
        if (name.Length == 0)
            throw TargetErrors.Invalid("storage scoped: target storage field not found");
        if (!nodes.TryGet(name, out var virtualStorage))
            throw TargetErrors.Invalid("virtual storage does not exist");
        return new ProxyCall(http, method, frame, virtualStorage, deadline, correlationIds.Of(http)) { Key = new RepositoryKey(name, string.Empty) };
    }

    /// <summary>Of the methods with a handler of their own only ReplicateRepository goes through the proxy, as an upserting creation.</summary>
    private static bool IsProxied(RpcMethod method) => method.Handling == RpcHandling.Proxy || method.Path == Methods.Repository.ReplicateRepository;

    private static string Refusal(RpcMethod method) => method.Handling switch
    {
        RpcHandling.Refused => $"{method.Path} has no meaning behind a virtual storage: call the node directly",
        _ => $"{method.Path} is not served by this gateway",
    };
}
