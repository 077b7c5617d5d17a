namespace Praefect.Gateway.Telemetry;

/// <summary>Series of the gateway that are exposed before the first call, as Praefect's are: those of the methods that it answers itself.</summary>
public static class SeriesFromTheStart
{
    /// <summary>Instruments with their labels, in the order in which they are recorded.</summary>
    public static IEnumerable<(string Instrument, (string Key, string Value)[] Labels)> All()
    {
        foreach (var method in MethodLabels.Own)
        {
            (string, string)[] labels = [("grpc_type", method.Type), ("grpc_service", method.Service), ("grpc_method", method.Name)];
            yield return ("grpc_server_started_total", labels);
            yield return ("grpc_server_msg_received_total", labels);
            yield return ("grpc_server_msg_sent_total", labels);
            yield return ("grpc_server_handling_seconds", labels);
            foreach (var code in MethodLabels.Codes)
                yield return ("grpc_server_handled_total", [.. labels, ("grpc_code", code)]);
        }
    }
}
