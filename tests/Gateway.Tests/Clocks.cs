using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>ClockSynced against a time server of the test's own.</summary>
public sealed class Clocks
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(-90, false)]
    [InlineData(90, false)]
    public async Task A_clock_is_in_sync_within_the_threshold(int offBySeconds, bool synced)
    {
        await using var cluster = await TestCluster.StartAsync();
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var serving = ServeAsync(server, TimeSpan.FromSeconds(offBySeconds), stratum: 1);
        var answer = await AskAsync(cluster, server);
        await serving;
        Assert.Equal(synced, answer.Synced);
    }

    [Fact]
    public async Task A_time_server_whose_own_clock_is_not_set_is_no_witness()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var serving = ServeAsync(server, TimeSpan.Zero, stratum: 0);
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster, server));
        await serving;
        Assert.Equal(GrpcStatusCode.Internal, e.Status.Code);
        Assert.StartsWith("query ntp host: the server's own clock is not set", e.Status.Message, StringComparison.Ordinal);
    }

    private static Task<ClockSyncedResponse> AskAsync(TestCluster cluster, UdpClient server) => cluster.Client.UnaryAsync(
        Methods.Server.ClockSynced,
        new ClockSyncedRequest { NtpHost = server.Client.LocalEndPoint!.ToString()!, DriftThreshold = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)) },
        ClockSyncedResponse.Parser, null, default);

    private static async Task ServeAsync(UdpClient server, TimeSpan ahead, byte stratum)
    {
        var question = await server.ReceiveAsync();
        var answer = new byte[48];
        (answer[0], answer[1]) = (0x24, stratum);
        question.Buffer.AsSpan(40, 8).CopyTo(answer.AsSpan(24));
        var seconds = (DateTimeOffset.UtcNow + ahead - new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
        foreach (var at in new[] { 32, 40 })
        {
            BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at), (uint)seconds);
            BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 4), (uint)(seconds % 1 * uint.MaxValue));
        }

        await server.SendAsync(answer, question.RemoteEndPoint);
    }
}
