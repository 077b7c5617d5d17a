using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1m", 60_000)]
    [InlineData("168h", 604_800_000)]
    [InlineData("500ms", 500)]
    [InlineData("1h15m30.5s", 4_530_500)]
    [InlineData("-1.5s", -1_500)]
    [InlineData("+2s", 2_000)]
    [InlineData(".5s", 500)]
    [InlineData("1500us", 1.5)]
    [InlineData("1500\u00b5s", 1.5)]
    [InlineData("1500\u03bcs", 1.5)]
    [InlineData("1000000ns", 1)]
    public void Durations_are_read_as_go_writes_them(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("1d")]
    [InlineData("s")]
    [InlineData("1 m")]
    [InlineData("1m5")]
    [InlineData("1..5s")]
    [InlineData("99999999999h")]
    [InlineData("9999999999999999999999999999999999h")]
    public void Anything_else_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("0", "0s")]
    [InlineData("1500us", "1.5ms")]
    [InlineData("-1s", "-1s")]
    [InlineData("90s", "1m30s")]
    [InlineData("-24h", "-24h0m0s")]
    [InlineData("61m1500ms", "1h1m1.5s")]
    public void A_duration_is_written_as_go_does(string text, string expected)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(expected, GoDuration.Format(duration));
    }
}
