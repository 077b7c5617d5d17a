using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Gateway.Checks;
using Praefect.Gateway.Reflection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>ServerService and reflection: questions about the installation.</summary>
public sealed class OperatorsQuestions
{
    private static ServerInfoResponse Info(string storage, bool writeable = true) => new()
    {
        ServerVersion = "16.11.6",
        StorageStatuses = { new ServerInfoResponse.Types.StorageStatus { StorageName = storage, FilesystemId = "fs", Readable = true, Writeable = writeable } },
    };

    [Fact]
    public async Task A_single_node_keeps_its_filesystem_id()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Server.ServerInfo, Info("gitaly-1"));
        var status = Assert.Single((await InfoAsync(cluster)).StorageStatuses);
        Assert.Equal((TestCluster.VirtualStorage, "fs", 1u, true, true), (status.StorageName, status.FilesystemId, status.ReplicationFactor, status.Readable, status.Writeable));
    }

    [Fact]
    public async Task A_node_that_fails_is_left_out_of_server_info()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Fails(Methods.Server.ServerInfo, new GrpcStatus(GrpcStatusCode.Unavailable, "down"));
        Assert.Empty((await InfoAsync(cluster)).StorageStatuses);
    }

    [Fact]
    public async Task All_checks_passed_is_ok()
    {
        var checks = new[] { new StubCheck("a", null), new StubCheck("b", null) };
        await using var cluster = await ReadyAsync(checks);
        var answer = await ReadinessAsync(cluster, TimeSpan.FromSeconds(30));
        Assert.Equal(ReadinessCheckResponse.ResultOneofCase.OkResponse, answer.ResultCase);
        Assert.All(checks, check => Assert.True(check.HadDeadline));
    }

    [Fact]
    public async Task Failed_checks_are_named_in_order_and_the_call_succeeds()
    {
        await using var cluster = await ReadyAsync([new StubCheck("zz", "wrong"), new StubCheck("aa", "thrown", Throws: true), new StubCheck("fine", null)]);
        var failed = (await ReadinessAsync(cluster)).FailureResponse.FailedChecks;
        Assert.Equal([("aa", "thrown"), ("zz", "wrong")], failed.Select(f => (f.Name, f.ErrorMessage)));
    }

    [Fact]
    public async Task A_timeout_of_a_nanosecond_fails_every_check()
    {
        await using var cluster = await ReadyAsync([new StubCheck("slow", null, Waits: true)]);
        var failed = (await ReadinessAsync(cluster, TimeSpan.FromTicks(1))).FailureResponse.FailedChecks;
        Assert.Contains(("slow", "context deadline exceeded"), failed.Select(f => (f.Name, f.ErrorMessage)));
        Assert.Equal(failed.Select(f => f.Name).Order(StringComparer.Ordinal), failed.Select(f => f.Name));
    }

    [Fact]
    public async Task Nodes_know_whose_check_it_is()
    {
        await using var cluster = await ReadyAsync([]);
        var options = new GrpcCallOptions { Metadata = new GrpcMetadata { { "x-gitlab-correlation-id", "id-1" }, { "authorization", "Bearer of-the-client" } } };

        await cluster.Client.UnaryAsync(Methods.Server.ReadinessCheck, new ReadinessCheckRequest(), ReadinessCheckResponse.Parser, options, default);

        Assert.Equal([Methods.Health.Check, Methods.Server.ServerInfo], cluster.Nodes[0].Requests.Select(static request => request.Path));
        Assert.All(cluster.Nodes[0].Requests, static request =>
        {
            Assert.Equal("id-1", request.Headers["x-gitlab-correlation-id"]);
            Assert.StartsWith("Bearer v2.", Assert.Single(request.Headers.Authorization!), StringComparison.Ordinal);
        });
    }

    public static TheoryData<string> BadNodes => ["health", "read-only", "missing", "twice", "gone"];

    [Theory]
    [MemberData(nameof(BadNodes))]
    public async Task A_node_that_is_not_in_order_is_named_by_its_address(string what)
    {
        await using var cluster = await ReadyAsync([], nodes: 2);
        var bad = cluster.Nodes[1];
        switch (what)
        {
            case "health": bad.Answers(Methods.Health.Check, new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.NotServing }); break;
            case "read-only": bad.Answers(Methods.Server.ServerInfo, Info(bad.Storage, writeable: false)); break;
            case "missing": bad.Answers(Methods.Server.ServerInfo, Info("other")); break;
            case "twice": bad.Answers(Methods.Server.ServerInfo, new ServerInfoResponse { StorageStatuses = { Info(bad.Storage).StorageStatuses, Info(bad.Storage).StorageStatuses } }); break;
            default: await bad.DisposeAsync(); break;
        }

        var failed = Assert.Single((await ReadinessAsync(cluster)).FailureResponse.FailedChecks);
        Assert.Equal(("gitaly node connectivity & disk access", $"the following nodes are not healthy: {bad.Address}"), (failed.Name, failed.ErrorMessage));
    }

    [Fact]
    public async Task Unavailable_repositories_are_a_failed_check()
    {
        await using var cluster = await ReadyAsync([], catalogue: new ScriptedCatalogue { Unavailable = 3 });
        var failed = Assert.Single((await ReadinessAsync(cluster)).FailureResponse.FailedChecks);
        Assert.Equal(("unavailable repositories", "repositories unavailable"), (failed.Name, failed.ErrorMessage));
    }

    [Fact]
    public async Task The_signature_is_that_of_the_nodes_that_answer()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var keys = ServerSignatureResponse.Parser.ParseFrom([0x0A, 3, 1, 2, 3]);
        cluster.Nodes[0].Fails(Methods.Server.ServerSignature, new GrpcStatus(GrpcStatusCode.Unavailable, "down"));
        cluster.Nodes[1].Answers(Methods.Server.ServerSignature, keys);
        Assert.Equal(keys, await cluster.Client.UnaryAsync(Methods.Server.ServerSignature, new ServerSignatureRequest(), ServerSignatureResponse.Parser, null, default));
        cluster.Nodes[0].Answers(Methods.Server.ServerSignature, ServerSignatureResponse.Parser.ParseFrom([0x0A, 1, 9]));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Server.ServerSignature, new ServerSignatureRequest(), ServerSignatureResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.Internal, "nodes \"gitaly-1\" and \"gitaly-2\" have different signing keys"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task Reflection_lists_services_and_describes_those_answered_here()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var call = cluster.Client.Open<ServerReflectionRequest, ServerReflectionResponse>(ReflectionService.Path, ServerReflectionResponse.Parser, null, default);
        var services = (await AskAsync(call, new ServerReflectionRequest { ListServices = "*" })).ListServicesResponse.Service.Select(s => s.Name).ToList();
        Assert.Superset(
            new HashSet<string>(["gitaly.PraefectInfoService", "gitaly.ServerService", "gitaly.RefTransaction", "gitaly.RepositoryService", "grpc.health.v1.Health",
                "grpc.reflection.v1alpha.ServerReflection"], StringComparer.Ordinal),
            services.ToHashSet(StringComparer.Ordinal));
        var files = (await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = "gitaly.PraefectInfoService" })).FileDescriptorResponse.FileDescriptorProto
            .Select(FileDescriptorProto.Parser.ParseFrom).ToList();
        Assert.Equal("praefect.proto", files[0].Name);
        Assert.Equal(6, files[0].Service.Single().Method.Count);
        Assert.Contains("shared.proto", files.Select(f => f.Name));
        Assert.Equal(5, (await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = "gitaly.BlobService" })).ErrorResponse.ErrorCode);
        await call.CompleteAsync(default);
    }

    private static async Task<ServerReflectionResponse> AskAsync(GrpcClientCall<ServerReflectionRequest, ServerReflectionResponse> call, ServerReflectionRequest request)
    {
        await call.WriteAsync(request, default);
        return (await call.ReadAsync(default))!;
    }

    private static Task<ServerInfoResponse> InfoAsync(TestCluster cluster) =>
        cluster.Client.UnaryAsync(Methods.Server.ServerInfo, new ServerInfoRequest(), ServerInfoResponse.Parser, null, default);

    private static Task<ReadinessCheckResponse> ReadinessAsync(TestCluster cluster, TimeSpan? timeout = null) => cluster.Client.UnaryAsync(
        Methods.Server.ReadinessCheck,
        new ReadinessCheckRequest { Timeout = timeout is { } span ? Duration.FromTimeSpan(span) : null },
        ReadinessCheckResponse.Parser, null, default);

    private static async Task<TestCluster> ReadyAsync(StubCheck[] checks, int nodes = 1, ScriptedCatalogue? catalogue = null)
    {
        var cluster = await TestCluster.StartAsync(nodes, add: services =>
        {
            services.Replace(Microsoft.Extensions.DependencyInjection.ServiceDescriptor.Singleton<Praefect.Grains.Catalogue.IRepositoryCatalogue>(catalogue ?? new ScriptedCatalogue()));
            foreach (var check in checks)
                services.AddHealthChecks().AddCheck(check.Name, check, tags: [HealthTags.Installation]);
        });
        foreach (var node in cluster.Nodes)
        {
            node.Answers(Methods.Health.Check, new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving });
            node.Answers(Methods.Server.ServerInfo, Info(node.Storage));
        }

        return cluster;
    }

    private sealed record StubCheck(string Name, string? Problem, bool Throws = false, bool Waits = false) : IHealthCheck
    {
        public bool HadDeadline { get; private set; }

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            HadDeadline = cancellationToken.CanBeCanceled;
            if (Waits)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            if (Throws)
                throw new InvalidOperationException(Problem);
            return Problem is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(Problem);
        }
    }
}
