using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Tests.Shared;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A node that is healthy and answers <c>DiskStatistics</c> only when the test says so.</summary>
internal sealed class HeldNode : IAsyncDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _app;

    private HeldNode()
    {
        var methods = new ScriptedMethods()
            .Unary<DiskStatisticsRequest, DiskStatisticsResponse>(Methods.Server.DiskStatistics, DiskStatisticsRequest.Parser, HoldAsync);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseBackchannel(YamuxOptions.Accepting)));
        builder.Services.AddGrpcServing().AddGrpcHealth();
        _app = builder.Build();
        methods.Serve(_app, health: true);
    }

    /// <summary>Completed when the call has arrived.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Address for a configuration.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single().Replace("http://", "tcp://", StringComparison.Ordinal);

    /// <summary>Starts it on a free port.</summary>
    public static async Task<HeldNode> StartAsync()
    {
        var node = new HeldNode();
        await node._app.StartAsync();
        return node;
    }

    /// <summary>Lets the call be answered.</summary>
    public void Release() => _released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
    }

    private async Task<DiskStatisticsResponse> HoldAsync(DiskStatisticsRequest request, ServerCallContext call)
    {
        _asked.TrySetResult();
        await _released.Task.WaitAsync(call.CancellationToken);
        return new DiskStatisticsResponse { StorageStatuses = { new DiskStatisticsResponse.Types.StorageStatus { StorageName = "a", Available = 7 } } };
    }
}
