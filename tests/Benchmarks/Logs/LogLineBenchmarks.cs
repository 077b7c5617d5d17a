using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Silo.Logging;

namespace Praefect.Benchmarks.Logs;

/// <summary>The line that each call leaves in the log.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Throughput, warmupCount: 3, iterationCount: 5)]
public class LogLineBenchmarks
{
    private readonly KeyValuePair<string, object?>[] _fields =
    [
        new("grpc.code", "OK"), new("grpc.method", "RefExists"), new("grpc.service", "gitaly.RefService"), new("grpc.start_time", "2026-11-29T12:00:00.000"),
        new("grpc.time_ms", 0.512), new("grpc.request.fullMethod", "/gitaly.RefService/RefExists"), new("grpc.meta.method_type", "unary"), new("system", "grpc"),
        new("span.kind", "server"), new("grpc.meta.method_operation", "accessor"), new("grpc.meta.method_scope", "repository"), new("grpc.meta.auth_version", "v2"),
        new("grpc.meta.client_name", "bench"), new("grpc.request.deadline", "2026-11-29T12:00:30.000"), new("grpc.request.payload_bytes", 61L),
        new("grpc.response.payload_bytes", 2L), new("peer.address", "127.0.0.1:50000"), new("correlation_id", "01HZX3C4J8V6Q2N5K7M9P1R3T5"),
        new("virtual_storage", "default"), new("relative_path", "@hashed/4e/07/4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce.git"),
        new("route", new Dictionary<string, object?>(StringComparer.Ordinal) { ["storage"] = "gitaly-1", ["replica_path"] = "@cluster/repositories/4e/07/3" }),
    ];

    /// <summary>As JSON, up to the string that the console writes.</summary>
    [Benchmark]
    public int Json()
    {
        var entry = new LogEntry<KeyValuePair<string, object?>[]>(
            LogLevel.Information, "Praefect.Gateway.Telemetry.AccessLog", default, _fields, null, static (_, _) => "finished unary call with code OK");
        return LogLine.Json(LogLine.FieldsOf(entry, null, DateTimeOffset.UnixEpoch)).Length;
    }
}
