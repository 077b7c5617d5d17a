using Microsoft.Extensions.Logging;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>The line that every call leaves.</summary>
public sealed class AccessLog
{
    private static async Task<LogLine> LineAsync(TestCluster cluster)
    {
        // Written after the client has its status.
        using var patience = new CancellationTokenSource(Writes.Patience);
        while (true)
        {
            if (cluster.Logs.Lines.FirstOrDefault(l => l.Text.StartsWith("finished ", StringComparison.Ordinal)) is { } line)
                return line;
            await Task.Delay(10, patience.Token);
        }
    }

    [Fact]
    public async Task A_call_leaves_one_line_with_what_and_where_and_for_whom()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.AccessLog = true);
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var metadata = new GrpcMetadata { { "x-gitlab-correlation-id", "corr-1" }, { "x-gitlab-client-name", "gitlab-web" } };
        await cluster.Client.UnaryAsync(
            Methods.Ref.RefExists, new RefExistsRequest { Repository = TestCluster.Target }, RefExistsResponse.Parser, new GrpcCallOptions { Metadata = metadata }, default);

        var line = await LineAsync(cluster);
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.Equal(Methods.Ref.RefExists, line.Fields["grpc.request.fullMethod"]);
        Assert.Equal("OK", line.Fields["grpc.code"]);
        Assert.InRange((double)line.Fields["grpc.time_ms"]!, 0.0001, 20_000);
        Assert.Equal("corr-1", line.Fields["correlation_id"]);
        Assert.Equal(TestCluster.VirtualStorage, line.Fields["virtual_storage"]);
        Assert.Equal(TestCluster.Path, line.Fields["relative_path"]);
        Assert.Equal("gitaly-1", Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(line.Fields["route"])["storage"]);
        Assert.Equal("gitlab-web", line.Fields["grpc.meta.client_name"]);
        Assert.Equal("finished streaming call with code OK", line.Text);
        Assert.Single(cluster.Logs.Lines, l => l.Text.StartsWith("finished ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Methods.Ref.RefExists, GrpcStatusCode.FailedPrecondition)]
    [InlineData(Methods.Repository.RepositoryExists, GrpcStatusCode.OK)]
    [InlineData("/gitaly.Nobody/Knows", GrpcStatusCode.Unimplemented)]
    public async Task A_call_that_fails_or_is_answered_here_leaves_its_line_too(string path, GrpcStatusCode code)
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.AccessLog = true);
        cluster.Nodes[0].Fails(Methods.Ref.RefExists, new GrpcStatus(GrpcStatusCode.FailedPrecondition, "no"));
        using var answer = await cluster.SendRawAsync(path, Frames.Of(new RefExistsRequest { Repository = TestCluster.Target }));
        await answer.Content.ReadAsByteArrayAsync();
        var line = await LineAsync(cluster);
        Assert.Equal((path, code.ToString()), (line.Fields["grpc.request.fullMethod"], line.Fields["grpc.code"]));
    }

    [Fact]
    public async Task What_is_answered_here_says_what_it_was_about_and_for_whom()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.AccessLog = true);
        var target = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = TestCluster.Path, GlRepository = "project-1", GlProjectPath = "group/project" };
        using var answer = await cluster.SendRawAsync(Methods.Repository.RepositoryExists, Frames.Of(new RepositoryExistsRequest { Repository = target }), request =>
        {
            request.Headers.TryAddWithoutValidation("x-gitlab-correlation-id", "corr-2");
            request.Headers.TryAddWithoutValidation("grpc-timeout", "99999999H");
            request.Headers.TryAddWithoutValidation("deadline_type", "regular");
        });
        await answer.Content.ReadAsByteArrayAsync();

        var line = await LineAsync(cluster);
        foreach (var (field, value) in new (string, object)[]
        {
            ("correlation_id", "corr-2"), ("grpc.request.repoStorage", TestCluster.VirtualStorage), ("grpc.request.repoPath", TestCluster.Path),
            ("grpc.request.glRepository", "project-1"), ("grpc.request.glProjectPath", "group/project"), ("grpc.meta.deadline_type", "regular"),
        })
            Assert.Equal((field, value), (field, line.Fields[field]));
    }

    [Fact]
    public async Task A_call_without_a_correlation_id_is_given_one_whoever_answers_it()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.AccessLog = true);
        using var answer = await cluster.SendRawAsync(Methods.Server.ServerInfo, Frames.Of(new ServerInfoRequest()), request => request.Headers.TryAddWithoutValidation("grpc-timeout", "30S"));
        await answer.Content.ReadAsByteArrayAsync();

        var line = await LineAsync(cluster);
        Assert.Equal(26, Assert.IsType<string>(line.Fields["correlation_id"]).Length);
        Assert.True(line.Fields.ContainsKey("grpc.request.deadline"));
    }

    [Fact]
    public async Task Votes_of_nodes_leave_no_line()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3, configure: o => o.AccessLog = true);
        foreach (var node in cluster.Nodes)
            Writes.On(node, Writes.Votes);
        await Writes.SendAsync(cluster);

        Assert.Equal("WriteRef", (await LineAsync(cluster)).Fields["grpc.method"]);
        Assert.Single(cluster.Logs.Lines, line => line.Text.StartsWith("finished ", StringComparison.Ordinal));
    }
}
