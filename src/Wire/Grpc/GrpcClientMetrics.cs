using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Praefect.Wire.Grpc;

/// <summary>Counts calls to other processes under the names that dashboards know: <c>grpc_client_*</c>.</summary>
public static class GrpcClientMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Praefect.Wire";

    /// <summary>Type of a call that is passed on unread: a stream both ways.</summary>
    public const string Stream = "bidi_stream";

    /// <summary>Type of a call of one request and one answer.</summary>
    public const string Unary = "unary";

    // Paths are those of the registry, so there are a few hundred at most; the bound is for those who call something else.
    private const int MaxPaths = 1_000;

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Begun = Meter.CreateCounter<long>("grpc_client_started_total", description: "Calls started.");
    private static readonly Counter<long> Ended = Meter.CreateCounter<long>("grpc_client_handled_total", description: "Calls ended, by code.");
    private static readonly Counter<long> Received = Meter.CreateCounter<long>("grpc_client_msg_received_total", description: "Messages received.");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("grpc_client_msg_sent_total", description: "Messages sent.");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("grpc_client_handling_seconds", description: "Time from start to end of calls.");
    private static readonly ConcurrentDictionary<string, (string Service, string Method)> Names = new(StringComparer.Ordinal);

    /// <summary>Whether anybody listens; asking for the time can be spared where not.</summary>
    public static bool Enabled => Begun.Enabled;

    /// <summary>A call starts.</summary>
    public static void Started(string path, string type)
    {
        if (!Enabled)
            return;
        var (service, method) = NameOf(path);
        Begun.Add(1, new("grpc_type", type), new("grpc_service", service), new("grpc_method", method));
    }

    /// <summary>A call ended.</summary>
    public static void Handled(string path, string type, string code, TimeSpan took, long sent, long received)
    {
        if (!Enabled)
            return;
        var (service, method) = NameOf(path);
        KeyValuePair<string, object?> one = new("grpc_type", type), two = new("grpc_service", service), three = new("grpc_method", method);
        Ended.Add(1, [one, two, three, new("grpc_code", code)]);
        Duration.Record(took.TotalSeconds, one, two, three);
        Sent.Add(sent, one, two, three);
        Received.Add(received, one, two, three);
    }

    private static (string Service, string Method) NameOf(string path)
    {
        if (Names.TryGetValue(path, out var known))
            return known;
        var slash = path.LastIndexOf('/');
        var name = slash > 0 ? (path[1..slash], path[(slash + 1)..]) : ("unknown", "unknown");
        return Names.Count < MaxPaths ? Names.GetOrAdd(path, name) : name;
    }
}
