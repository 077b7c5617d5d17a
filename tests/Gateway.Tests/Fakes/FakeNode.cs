using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Yamux;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>A storage node that does what the test says, on a real port, over the real wire.</summary>
public sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, RequestDelegate> _handlers = new(StringComparer.Ordinal);

    private FakeNode(string storage)
    {
        Storage = storage;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            KestrelGrpcLimits.Apply(k);
            k.Listen(IPAddress.Loopback, 0, l => l.UseBackchannel(YamuxOptions.Accepting));
        });
        _app = builder.Build();
        _app.Run(RunAsync);
    }

    public string Storage { get; }

    public string Address { get; private set; } = "";

    /// <summary>Headers of every request that came, in order.</summary>
    public ConcurrentQueue<(string Path, IHeaderDictionary Headers)> Requests { get; } = [];

    public static async Task<FakeNode> StartAsync(string storage)
    {
        var node = new FakeNode(storage);
        await node._app.StartAsync();
        node.Address = node._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()
            .Replace("http://", "tcp://", StringComparison.Ordinal);
        return node;
    }

    public FakeNode On(string path, RequestDelegate handler)
    {
        _handlers[path] = handler;
        return this;
    }

    public FakeNode Answers(string path, Google.Protobuf.IMessage message) => On(path, async http =>
    {
        using var request = await FirstAsync(http);
        await SendAsync(http, message);
    });

    public FakeNode Fails(string path, GrpcStatus status) => On(path, async http =>
    {
        using var request = await FirstAsync(http);
        await GrpcResponses.WriteStatusAsync(http, status);
    });

    public static async Task<FirstFrame?> FirstAsync(HttpContext http) =>
        await FirstFrame.ReadAsync(http.Request.BodyReader, int.MaxValue - 100, http.RequestAborted);

    /// <summary>Headers, one message, OK.</summary>
    public static async Task SendAsync(HttpContext http, Google.Protobuf.IMessage message)
    {
        await WriteAsync(http, message);
        http.Response.AppendTrailer("grpc-status", "0");
    }

    public static async Task WriteAsync(HttpContext http, Google.Protobuf.IMessage message)
    {
        if (!http.Response.HasStarted)
            http.Response.ContentType = "application/grpc";
        await http.Response.BodyWriter.WriteAsync(Frames.Of(message), http.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task RunAsync(HttpContext http)
    {
        GrpcResponses.LiftHttpLimits(http);
        var copy = new HeaderDictionary();
        foreach (var (name, value) in http.Request.Headers)
            copy[name] = value;
        Requests.Enqueue((http.Request.Path.Value!, copy));
        if (_handlers.TryGetValue(http.Request.Path.Value!, out var handler))
            await handler(http);
        else
            await GrpcResponses.WriteStatusAsync(http, new GrpcStatus(GrpcStatusCode.Unimplemented, "not scripted"));
    }
}

public static class Frames
{
    public static byte[] Of(Google.Protobuf.IMessage message)
    {
        var frame = new byte[5 + message.CalculateSize()];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - 5));
        Google.Protobuf.MessageExtensions.WriteTo(message, frame.AsSpan(5));
        return frame;
    }
}
