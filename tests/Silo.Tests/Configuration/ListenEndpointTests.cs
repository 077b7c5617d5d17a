using System.Net;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class ListenEndpointTests
{
    [Theory]
    [InlineData("0.0.0.0:2305", "0.0.0.0", 2305)]
    [InlineData(":2305", "", 2305)]
    [InlineData("[::1]:0", "::1", 0)]
    [InlineData("tcp://localhost:80", "localhost", 80)]
    public void Addresses_are_read_with_and_without_scheme(string text, string host, int port)
    {
        Assert.True(ListenEndpoint.TryParse(text, "tcp", out var endpoint));
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
    }

    [Theory]
    [InlineData("2305")]
    [InlineData("h:")]
    [InlineData("h:70000")]
    [InlineData("::1:80")]
    [InlineData("tls://h:80")]
    [InlineData("h:80/x")]
    public void Anything_else_is_refused(string text) => Assert.False(ListenEndpoint.TryParse(text, "tcp", out _));

    [Theory]
    [InlineData("/a/b")]
    [InlineData("unix:///a/b")]
    [InlineData("unix:/a/b")]
    public void A_socket_path_may_carry_its_scheme(string text) => Assert.Equal("/a/b", ListenEndpoint.SocketPath(text));

    [Fact]
    public async Task A_host_name_is_resolved()
    {
        var bound = await new ListenEndpoint("localhost", 1).ResolveAsync(CancellationToken.None);

        Assert.True(IPAddress.IsLoopback(bound.Address));
    }

    [Fact]
    public async Task An_unknown_host_name_is_told()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => new ListenEndpoint("nowhere.invalid", 1).ResolveAsync(CancellationToken.None));

        Assert.Contains("cannot listen on nowhere.invalid:1", error.Message, StringComparison.Ordinal);
    }
}
