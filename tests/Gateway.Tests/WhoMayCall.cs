using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Auth;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class WhoMayCall
{
    public static TheoryData<string, string?, bool, GrpcStatusCode, string> Clients => new()
    {
        { "secret", null, true, GrpcStatusCode.Unauthenticated, "authentication required" },
        { "secret", "Bearer blablabla", true, GrpcStatusCode.Unauthenticated, "authentication required" },
        { "secret", "wrong", true, GrpcStatusCode.PermissionDenied, "permission denied: wrong hmac signature" },
        { "secret", "Bearer v3.00.1535671600", true, GrpcStatusCode.PermissionDenied, "permission denied: invalid token version" },
        { "secret", "old", true, GrpcStatusCode.PermissionDenied, "permission denied: token has expired" },
        { "secret", "early", true, GrpcStatusCode.PermissionDenied, "permission denied: token's validity window is in future" },
        { "", null, true, GrpcStatusCode.OK, "" },
        { "secret", "secret", false, GrpcStatusCode.OK, "" },
        { "secret", "wrong", false, GrpcStatusCode.OK, "" },
        { "secret", null, false, GrpcStatusCode.OK, "" },
        { "secret", "secret", true, GrpcStatusCode.OK, "" },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_gets_in_with_the_servers_secret_or_where_none_is_required(
        string server, string? client, bool required, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => (o.Tokens, o.AuthTransitioning) = (server.Length > 0 ? [server] : [], !required));
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var body = Frames.Of(new RefExistsRequest { Repository = TestCluster.Target });

        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, body, r =>
        {
            if (Header(client) is { } header)
                r.Headers.TryAddWithoutValidation("authorization", header);
        });

        await response.Content.CopyToAsync(Stream.Null);
        var headers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        Assert.Equal(((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture), headers.GetValues("grpc-status").Single());
        Assert.Equal(message, Uri.UnescapeDataString(headers.TryGetValues("grpc-message", out var texts) ? texts.Single() : ""));
    }

    private static string? Header(string? client) => client switch
    {
        null => null,
        "old" => TokenV2.Create("secret", DateTimeOffset.UtcNow.AddMinutes(-1)),
        "early" => TokenV2.Create("secret", DateTimeOffset.UtcNow.AddMinutes(1)),
        _ => client.StartsWith("Bearer", StringComparison.Ordinal) ? client : TokenV2.Create(client, DateTimeOffset.UtcNow),
    };
}
