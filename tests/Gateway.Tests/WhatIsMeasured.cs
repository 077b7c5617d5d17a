using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grpc.Health.V1;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Names and labels of what calls are counted by, and the fields of their log lines.</summary>
public sealed class WhatIsMeasured
{
    [Fact]
    public async Task Each_call_is_counted_under_the_names_and_labels_of_praefect()
    {
        var seen = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => l.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((i, _, labels, _) => Keep(i, labels));
        listener.SetMeasurementEventCallback<int>((i, _, labels, _) => Keep(i, labels));
        listener.SetMeasurementEventCallback<double>((i, _, labels, _) => Keep(i, labels));
        listener.Start();
        await using var cluster = await TestCluster.StartAsync(nodes: 2, configure: o => o.Tokens = ["secret"], clientToken: "secret");
        foreach (var node in cluster.Nodes)
        {
            node.Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
            node.Answers(Methods.Repository.WriteRef, new WriteRefResponse());
        }

        await cluster.Client.UnaryAsync(Methods.Ref.RefExists, new RefExistsRequest { Repository = TestCluster.Target }, RefExistsResponse.Parser, null, default);
        await cluster.Client.UnaryAsync(Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser, null, default);

        var expected = new[]
        {
            ("gitaly_praefect_method_types", "method_type"),
            ("gitaly_praefect_read_distribution", "storage virtual_storage"),
            ("gitaly_praefect_voters_per_transaction_total", "virtual_storage"),
            ("gitaly_praefect_transactions_total", "action"),
            ("gitaly_praefect_subtransactions_per_transaction_total", ""),
            ("gitaly_praefect_uptodate_storages_cache_access_total", "type virtual_storage"),
            ("gitaly_authentications_total", "enforced status"),
            ("gitaly_service_client_requests_total", "auth_version call_site client_name deadline_type grpc_code grpc_method grpc_service method_operation method_scope"),
            ("grpc_server_started_total", "grpc_method grpc_service grpc_type"),
            ("grpc_server_handled_total", "grpc_code grpc_method grpc_service grpc_type"),
            ("grpc_server_msg_received_total", "grpc_method grpc_service grpc_type"),
            ("grpc_server_msg_sent_total", "grpc_method grpc_service grpc_type"),
            ("grpc_server_handling_seconds", "grpc_method grpc_service grpc_type"),
            ("grpc_client_handled_total", "grpc_code grpc_method grpc_service grpc_type"),
        };

        // A call is counted after the client has its answer.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!patience.IsCancellationRequested && !expected.All(e => seen.ContainsKey(e.Item1)))
            await Task.Delay(5);
        foreach (var (name, labels) in expected)
            Assert.Equal((name, labels), (name, seen.GetValueOrDefault(name, "not counted")));

        void Keep(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
            seen[instrument.Name] = string.Join(' ', labels.ToArray().Select(l => l.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_log_line_has_the_fields_that_log_pipelines_know()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2, configure: o => o.AccessLog = true);
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        cluster.Nodes[1].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var body = Frames.Of(new RefExistsRequest { Repository = TestCluster.Target });

        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, body, r =>
        {
            foreach (var (key, value) in new[] { ("client_name", "gitlab-web"), ("call_site", "test"), ("remote_ip", "192.0.2.1"), ("user_id", "1"), ("username", "jane"), ("x-gitlab-correlation-id", "C1"), ("grpc-timeout", "30S") })
                r.Headers.TryAddWithoutValidation(key, value);
        });
        await response.Content.CopyToAsync(Stream.Null);

        var line = await LineAsync(cluster);
        Assert.Equal("finished streaming call with code OK", line.Text);
        foreach (var (field, value) in new (string, object)[]
        {
            ("grpc.code", "OK"), ("grpc.method", "RefExists"), ("grpc.service", "gitaly.RefService"), ("grpc.request.fullMethod", Methods.Ref.RefExists),
            ("grpc.meta.method_type", "bidi_stream"), ("grpc.meta.method_operation", "accessor"), ("grpc.meta.method_scope", "repository"),
            ("grpc.meta.client_name", "gitlab-web"), ("grpc.meta.call_site", "test"), ("remote_ip", "192.0.2.1"), ("user_id", "1"), ("username", "jane"),
            ("correlation_id", "C1"), ("virtual_storage", TestCluster.VirtualStorage), ("relative_path", TestCluster.Path),
            ("grpc.request.payload_bytes", (long)body.Length - 5), ("grpc.response.payload_bytes", 2L),
        })
            Assert.Equal((field, value), (field, line.Fields[field]));
        Assert.All(["grpc.time_ms", "grpc.start_time", "grpc.request.deadline"], field => Assert.True(line.Fields.ContainsKey(field), field));
        var route = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(line.Fields["route"]);
        Assert.Equal(FakeRepository.ReplicaPath, route["replica_path"]);
        Assert.StartsWith("gitaly-", Assert.IsType<string>(route["storage"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_checks_are_not_logged()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.AccessLog = true);
        await cluster.Client.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, null, default);
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse());
        await cluster.Client.UnaryAsync(Methods.Ref.RefExists, new RefExistsRequest { Repository = TestCluster.Target }, RefExistsResponse.Parser, null, default);
        Assert.Equal("RefExists", (await LineAsync(cluster)).Fields["grpc.method"]);
    }

    // The line is written after the client has its answer.
    private static async Task<LogLine> LineAsync(TestCluster cluster)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (cluster.Logs.Lines.FirstOrDefault(l => l.Text.StartsWith("finished ", StringComparison.Ordinal)) is { } line)
                return line;
            await Task.Delay(5, patience.Token);
        }
    }
}
