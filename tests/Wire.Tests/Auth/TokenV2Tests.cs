using Praefect.Wire.Auth;

namespace Praefect.Wire.Tests.Auth;

public sealed class TokenV2Tests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1535671600);

    [Theory]
    [InlineData("Bearer v2.3346cb25ecdb928defd368e7390522a86764bbdf1e8b21aaef27c4c23ec9c899.1535671615", TokenVerdict.Ok, "")]
    [InlineData("bearer v2.b77158328e80be2984eaf08788419d25f3484eae484aec1297af6bdf1a456610.1535671585", TokenVerdict.Ok, "")]
    [InlineData("Bearer v3.3346cb25ecdb928defd368e7390522a86764bbdf1e8b21aaef27c4c23ec9c899.1535671615", TokenVerdict.Denied, TokenV2.InvalidVersion)]
    [InlineData("Bearer v2.3346cb25ecdb928defd368e7390522a86764bbdf1e8b21aaef27c4c23ec9c898.1535671615", TokenVerdict.Denied, TokenV2.WrongSignature)]
    [InlineData("Bearer v2.3346.1535671615", TokenVerdict.Denied, TokenV2.WrongSignature)]
    [InlineData("Bearer v2.xyz.1535671615", TokenVerdict.Unauthenticated, TokenV2.NoToken)]
    [InlineData("Bearer foo.bar", TokenVerdict.Unauthenticated, TokenV2.NoToken)]
    [InlineData("Basic v2.3346.1", TokenVerdict.Unauthenticated, TokenV2.NoToken)]
    [InlineData("", TokenVerdict.Unauthenticated, TokenV2.NoToken)]
    [InlineData(null, TokenVerdict.Unauthenticated, TokenV2.NoToken)]
    public void A_header_is_judged_by_its_parts(string? header, TokenVerdict verdict, string reason)
    {
        Assert.Equal(verdict, TokenV2.Check(header, "foo", s_now, out var found));
        Assert.Equal(reason, found);
    }

    [Theory]
    [InlineData(30, TokenVerdict.Ok, "")]
    [InlineData(-30, TokenVerdict.Ok, "")]
    [InlineData(31, TokenVerdict.Denied, TokenV2.TooNew)]
    [InlineData(-31, TokenVerdict.Denied, TokenV2.TooOld)]
    public void A_token_is_good_for_thirty_seconds_around_its_time(int offset, TokenVerdict verdict, string reason)
    {
        var header = TokenV2.Create("foo", s_now.AddSeconds(offset));
        Assert.Equal(verdict, TokenV2.Check(header, "foo", s_now, out var found));
        Assert.Equal(reason, found);
    }

    [Fact]
    public void A_created_header_has_the_documented_form() =>
        Assert.Equal(
            "Bearer v2.3346cb25ecdb928defd368e7390522a86764bbdf1e8b21aaef27c4c23ec9c899.1535671615",
            TokenV2.Create("foo", DateTimeOffset.FromUnixTimeSeconds(1535671615)));

    [Fact]
    public void An_empty_secret_accepts_nothing() =>
        Assert.Equal(TokenVerdict.Unauthenticated, TokenV2.Check(TokenV2.Create("", s_now), "", s_now));
}
