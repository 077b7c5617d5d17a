using Microsoft.AspNetCore.Http;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Pipeline;

/// <summary>Where every call ends that no typed service answers: the nodes' methods go on to the nodes, others do not exist.</summary>
internal sealed class ProxyEndpoint(ProxyDispatch dispatch)
{
    /// <exception cref="GrpcException">How the call ends where no node's answer is its end.</exception>
    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (CallLog.Of(http).FromNode || !RpcRegistry.TryFind(path, out var method))
            throw Unknown(path);
        var deadline = http.Deadline();
        try
        {
            await dispatch.InvokeAsync(http, method, deadline, CallLog.Of(http));
        }
        catch (Exception) when (deadline.Expired)
        {
            // Whatever failed, it failed because time was up.
            throw new GrpcException(GrpcStatus.TimeIsUp);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatus.GivenUp);
        }
    }

    public static GrpcException Unknown(string path) => new(GrpcStatusCode.Unimplemented, $"unknown method \"{path}\"");
}
