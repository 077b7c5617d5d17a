using System.Net;
using System.Net.Http.Headers;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Auth;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>What callers may send in header fields, before and after they have shown a token.</summary>
public sealed class LargeHeaders
{
    private const string Secret = "secret";

    public static TheoryData<string, string> Strangers => new()
    {
        { Methods.Ref.RefExists, "application/grpc" },
        { "/grpc.health.v1.Health/Check", "application/grpc" },
        { "/no.Service/Method", "application/grpc" },
        { Methods.Ref.RefExists, "text/plain" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_stranger_who_sends_many_loses_the_connection(string path, string contentType)
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = [Secret], clientToken: "wrong");
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(cluster, path, contentType, HeadersOfStrangers.MostBytes, token: null));
        Assert.Contains(cluster.Logs.Lines, l => l.Text.Contains("connection is ended", StringComparison.Ordinal));

        // A few are answered, and so is the next connection.
        using var answered = await SendAsync(cluster, path, contentType, HeadersOfStrangers.MostBytes - 2000, token: null);
        Assert.Equal(contentType == "application/grpc" ? HttpStatusCode.OK : HttpStatusCode.UnsupportedMediaType, answered.StatusCode);
    }

    [Fact]
    public async Task A_client_with_a_token_may_send_four_megabytes_and_the_node_gets_them()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = [Secret]);
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var token = TokenV2.Create(Secret, DateTimeOffset.UtcNow);
        using var response = await SendAsync(cluster, Methods.Ref.RefExists, "application/grpc", 4_000_000, token);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        var seen = cluster.Nodes[0].Requests.Single(r => r.Path == Methods.Ref.RefExists).Headers;
        Assert.Equal(4_000_000, seen.Where(h => h.Key.StartsWith("x-long-", StringComparison.Ordinal)).Sum(h => h.Value.ToString().Length));
    }

    [Fact]
    public async Task Where_nobody_needs_a_token_nobody_is_a_stranger()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        using var response = await SendAsync(cluster, Methods.Ref.RefExists, "application/grpc", 100_000, token: null);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    private static Task<HttpResponseMessage> SendAsync(TestCluster cluster, string path, string contentType, int bytes, string? token) =>
        cluster.SendRawAsync(path, Frames.Of(new RefExistsRequest { Repository = TestCluster.Target }), request =>
        {
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            if (token is not null)
                request.Headers.TryAddWithoutValidation("authorization", token);
            const int Fields = 8;
            for (var i = 0; i < Fields; i++)
                request.Headers.TryAddWithoutValidation($"x-long-{i}", new string('x', bytes / Fields));
        });
}
