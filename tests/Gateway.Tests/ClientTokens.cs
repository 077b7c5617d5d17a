using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Auth;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Group O4 of the cases.</summary>
public sealed class ClientTokens
{
    [Theory]
    [InlineData("secret", null, true, "16")]
    [InlineData("secret", "Bearer blablabla", true, "16")]
    [InlineData("secret", "wrong", true, "7")]
    [InlineData("", null, true, "0")]
    [InlineData("secret", "secret", false, "0")]
    [InlineData("secret", "wrong", false, "0")]
    [InlineData("secret", "secret", true, "0")]
    public async Task A_client_is_let_in_by_its_token(string server, string? client, bool required, string status)
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => (o.Tokens, o.AuthTransitioning) = (server.Length == 0 ? [] : [server], !required));
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        using var answer = await cluster.SendRawAsync(Methods.Ref.RefExists, Frames.Of(new RefExistsRequest { Repository = TestCluster.Target }), r =>
        {
            if (client is not null)
                r.Headers.TryAddWithoutValidation("authorization", client.StartsWith("Bearer", StringComparison.Ordinal) ? client : TokenV2.Create(client, DateTimeOffset.UtcNow));
        });
        await answer.Content.ReadAsByteArrayAsync();
        var source = answer.Headers.Contains("grpc-status") ? answer.Headers : answer.TrailingHeaders;
        Assert.Equal(status, Assert.Single(source.GetValues("grpc-status")));
    }
}
