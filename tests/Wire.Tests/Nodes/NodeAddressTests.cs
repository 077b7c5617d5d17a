using Praefect.Wire.Nodes;

namespace Praefect.Wire.Tests.Nodes;

public sealed class NodeAddressTests
{
    [Theory]
    [InlineData("tcp://gitaly-1:8075", NodeScheme.Tcp, "gitaly-1", 8075)]
    [InlineData("tls://gitaly-1:9999", NodeScheme.Tls, "gitaly-1", 9999)]
    [InlineData("tcp://[::1]:80", NodeScheme.Tcp, "::1", 80)]
    [InlineData("unix:/var/run/a.socket", NodeScheme.Unix, "/var/run/a.socket", 0)]
    [InlineData("unix:///var/run/a.socket", NodeScheme.Unix, "/var/run/a.socket", 0)]
    [InlineData("dns:gitaly", NodeScheme.Dns, "gitaly", 443)]
    [InlineData("dns:gitaly:8075", NodeScheme.Dns, "gitaly", 8075)]
    [InlineData("dns://8.8.8.8:53/gitaly:8075", NodeScheme.Dns, "gitaly", 8075)]
    public void Every_form_is_read(string text, NodeScheme scheme, string host, int port)
    {
        var address = NodeAddress.Parse(text);
        Assert.Equal((scheme, host, port), (address.Scheme, address.Host, address.Port));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("tcp://gitaly-1:8075/path")]
    [InlineData("tls://gitaly-1:8075/")]
    [InlineData("tcp://gitaly-1")]
    [InlineData("tcp:gitaly-1:80")]
    [InlineData("tcp://:80")]
    [InlineData("tcp://a:0")]
    [InlineData("tcp://a:65536")]
    [InlineData("tcp://::1:80")]
    [InlineData("unix:")]
    [InlineData("http://a:80")]
    [InlineData("gitaly")]
    [InlineData("")]
    public void Anything_else_is_an_invalid_connection_string(string text) =>
        Assert.StartsWith($"invalid connection string: \"{text}\"", Assert.Throws<FormatException>(() => NodeAddress.Parse(text)).Message, StringComparison.Ordinal);
}
