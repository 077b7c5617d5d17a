namespace Praefect.Silo.Configuration.Rules;

/// <summary>What the limits of connections must fulfil.</summary>
internal static class ConnectionRules
{
    /// <summary>The least window that yamux can work with, 256 KiB.</summary>
    private const uint WindowBytesMin = 262_144;

    public static void FindInStop(PraefectOptions options, ConfigurationFaults faults) =>
        faults.AtLeast(options.GracefulStopTimeout, TimeSpan.Zero, "graceful_stop_timeout must not be negative", "graceful_stop_timeout");

    public static void FindInYamux(PraefectOptions options, ConfigurationFaults faults)
    {
        var (window, backlog) = (options.Yamux.MaxStreamWindowBytes, options.Yamux.AcceptBacklog);
        faults.AtLeast(
            window, WindowBytesMin, $"yamux.maximum_stream_window_size_bytes must be at least {WindowBytesMin} but it was {window}",
            "yamux", "maximum_stream_window_size_bytes");
        faults.AtLeast(backlog, 1, $"yamux.accept_backlog must be at least 1 but it was {backlog}", "yamux", "accept_backlog");
    }
}
