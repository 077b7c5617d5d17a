using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Group B11 of the cases: two flags, one on and one off by default.</summary>
public sealed class FeatureFlags
{
    private const string On = "gitaly-feature-on-by-default";
    private const string Off = "gitaly-feature-off-by-default";

    [Theory]
    [InlineData("", "true false")]
    [InlineData("key=value", "true false value")]
    [InlineData($"{On}=true {Off}=false", "true false")]
    [InlineData($"{On}=false {Off}=true", "false true")]
    [InlineData($"{On}=false key=value", "false false value")]
    public async Task Every_node_of_a_write_gets_every_flag_once(string given, string then)
    {
        var flags = new Dictionary<string, bool>(StringComparer.Ordinal) { ["on_by_default"] = true, ["off_by_default"] = false };
        await using var cluster = await TestCluster.StartAsync(nodes: 2, configure: o => o.FeatureFlags = flags);
        foreach (var node in cluster.Nodes)
            node.Answers(Methods.Repository.WriteRef, new WriteRefResponse());
        var metadata = new GrpcMetadata();
        foreach (var pair in given.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')))
            metadata.Add(pair[0], pair[1]);

        await cluster.Client.UnaryAsync(
            Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser, new GrpcCallOptions { Metadata = metadata }, default);

        foreach (var node in cluster.Nodes)
        {
            var headers = Assert.Single(node.Requests).Headers;
            Assert.Equal(then, string.Join(' ', headers[On].Concat(headers[Off]).Concat(headers["key"])));
        }
    }
}
