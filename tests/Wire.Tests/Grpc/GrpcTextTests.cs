using Praefect.Wire.Grpc;

namespace Praefect.Wire.Tests.Grpc;

public sealed class GrpcTextTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("99999999m", 999_999_990_000)]
    [InlineData("5u", 50)]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("0S", 0)]
    public void All_six_units_are_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("123456789S")]
    public void What_is_not_a_timeout_is_refused(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void More_hours_than_a_span_holds_are_cut()
    {
        Assert.True(GrpcTimeout.TryParse("99999999H", out var ok));
        Assert.Equal(99_999_999L * TimeSpan.TicksPerHour, ok.Ticks);
    }

    [Theory]
    [InlineData(0, "0n")]
    [InlineData(-5, "0n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(10_000_000_000, "1000000m")]
    [InlineData(36_000_000_000_000_000, "60000000M")]
    [InlineData(long.MaxValue, "99999999H")]
    public void A_timeout_is_written_in_the_finest_unit_that_fits(long ticks, string expected) => Assert.Equal(expected, GrpcTimeout.Format(new TimeSpan(ticks)));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("100%", "100%25")]
    [InlineData("tab\tand\r\nnewline", "tab%09and%0D%0Anewline")]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n", "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A")]
    public void A_message_survives_its_encoding(string text, string encoded)
    {
        Assert.Equal(encoded, GrpcMessageText.Encode(text));
        Assert.Equal(text, GrpcMessageText.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("a%20b%", "a b%")]
    [InlineData("%FF", "\uFFFD")]
    public void A_broken_escape_does_not_lose_the_message(string encoded, string text) => Assert.Equal(text, GrpcMessageText.Decode(encoded));

    [Fact]
    public void Metadata_keeps_duplicates_and_their_order()
    {
        var metadata = new GrpcMetadata { { "B-Bin", "AA" }, { "a", "1" }, { "b-bin", "BB,CC==" } };
        Assert.Equal(["AA", "BB,CC=="], metadata.GetAll("b-bin"), StringComparer.Ordinal);
        Assert.Equal("AA", metadata.Get("B-BIN"));
        Assert.Equal(3, metadata.Count);
        Assert.All(metadata, e => Assert.DoesNotContain(e.Key, char.IsUpper));
        metadata.Remove("B-bin");
        Assert.False(metadata.Contains("b-bin"));
        Assert.True(metadata.Contains("A"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0001")]
    [InlineData("000102")]
    [InlineData("fbff")]
    public void Base64_is_written_unpadded_and_read_either_way(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var text = GrpcBase64.Encode(bytes);
        Assert.DoesNotContain('=', text);
        Assert.True(GrpcBase64.TryDecode(text, out var unpadded));
        Assert.True(GrpcBase64.TryDecode(Convert.ToBase64String(bytes), out var padded));
        Assert.Equal(bytes, unpadded);
        Assert.Equal(bytes, padded);
        Assert.False(GrpcBase64.TryDecode("not base64!", out _));
    }

    [Theory]
    [InlineData(0x0, GrpcStatusCode.Internal)]
    [InlineData(0x1, GrpcStatusCode.Internal)]
    [InlineData(0x2, GrpcStatusCode.Internal)]
    [InlineData(0x3, GrpcStatusCode.Internal)]
    [InlineData(0x4, GrpcStatusCode.Internal)]
    [InlineData(0x6, GrpcStatusCode.Internal)]
    [InlineData(0x7, GrpcStatusCode.Unavailable)]
    [InlineData(0x8, GrpcStatusCode.Cancelled)]
    [InlineData(0x9, GrpcStatusCode.Internal)]
    [InlineData(0xa, GrpcStatusCode.Internal)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, GrpcStatusCode.PermissionDenied)]
    [InlineData(0xd, GrpcStatusCode.Internal)]
    [InlineData(0xe, GrpcStatusCode.Unknown)]
    public void Resets_mean_what_the_protocol_says(long code, GrpcStatusCode expected) => Assert.Equal(expected, GrpcFailures.FromReset(code));

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/gRPC; a=b", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("text/html", false)]
    [InlineData(null, false)]
    public void Only_grpc_is_grpc(string? type, bool expected) => Assert.Equal(expected, GrpcHeaders.IsGrpcContentType(type));
}
