using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Nodes;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Backchannel;

/// <summary>The traps of Kestrel's defaults, each sprung.</summary>
public sealed class KestrelGrpcLimitsTests
{
    [Fact]
    public async Task Many_and_long_header_fields_pass()
    {
        await using var node = await TestNode.StartAsync(
            NodeKind.Tcp, context => context.Response.WriteAsync(context.Request.Headers.Count.ToString(CultureInfo.InvariantCulture)));
        await using var client = await TestClient.StartAsync(node.Address);
        using var request = Request("/");
        for (var i = 0; i < 500; i++)
            request.Headers.Add(string.Create(CultureInfo.InvariantCulture, $"gitaly-feature-{i}"), "true");
        request.Headers.Add("gitaly-long", new string('x', 100_000));
        using var response = await client.Connection.Plain.SendAsync(request, default).WaitAsync(SessionPair.Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(int.Parse(await response.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture) > 500);
    }

    [Fact]
    public async Task Header_fields_of_ten_megabytes_in_all_pass()
    {
        await using var node = await TestNode.StartAsync(
            NodeKind.Tcp,
            context => context.Response.WriteAsync(context.Request.Headers.Sum(h => h.Value.Sum(v => (long)v!.Length)).ToString(CultureInfo.InvariantCulture)));
        await using var client = await TestClient.StartAsync(node.Address);
        using var request = Request("/");
        for (var i = 0; i < 20; i++)
            request.Headers.Add(string.Create(CultureInfo.InvariantCulture, $"gitaly-long-{i}"), new string('x', 500_000));
        using var response = await client.Connection.Plain.SendAsync(request, default).WaitAsync(SessionPair.Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(long.Parse(await response.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture) >= 10_000_000);
    }

    [Fact]
    public async Task Header_fields_of_two_megabytes_pass_in_answers()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, context =>
        {
            context.Response.Headers["x-long"] = new string('x', 1_000_000);
            context.Response.AppendTrailer("x-trailer", new string('y', 1_000_000));
            return context.Response.WriteAsync("hello");
        });
        await using var client = await TestClient.StartAsync(node.Address);
        using var response = await client.Connection.Plain.SendAsync(Request("/"), default).WaitAsync(SessionPair.Patience);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(1_000_000, response.Headers.GetValues("x-long").Single().Length);
        Assert.Equal(1_000_000, response.TrailingHeaders.GetValues("x-trailer").Single().Length);
    }

    [Fact]
    public async Task Stalled_uploads_leave_room_for_a_healthy_call_on_their_connection()
    {
        using var stalled = new SemaphoreSlim(0);
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, async context =>
        {
            if (context.Request.Path == "/healthy")
            {
                using var reader = new StreamReader(context.Request.Body);
                await context.Response.WriteAsync(await reader.ReadToEndAsync());
                return;
            }

            stalled.Release();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var client = await TestClient.StartAsync(node.Address);
        using var stop = new CancellationTokenSource();
        var uploads = Enumerable.Range(0, 64).Select(_ => UploadAsync(client.Connection.Plain, stop.Token)).ToArray();
        for (var i = 0; i < uploads.Length; i++)
            Assert.True(await stalled.WaitAsync(SessionPair.Patience));
        Assert.Equal("hello", await TestClient.SendAsync(client.Connection.Plain, "/healthy", "hello").WaitAsync(SessionPair.Patience));
        await stop.CancelAsync();
        foreach (var upload in uploads)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.WaitAsync(SessionPair.Patience));
    }

    private static async Task UploadAsync(HttpMessageInvoker invoker, CancellationToken cancellationToken)
    {
        using var request = Request("/stalled");
        request.Content = new ByteArrayContent(new byte[2 * 1024 * 1024]);
        using var response = await invoker.SendAsync(request, cancellationToken);
    }

    private static HttpRequestMessage Request(string path) => new(HttpMethod.Post, new Uri(NodeConnection.BaseAddress, path))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
