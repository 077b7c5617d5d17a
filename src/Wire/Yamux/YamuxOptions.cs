namespace Praefect.Wire.Yamux;

/// <summary>Limits and timeouts of a yamux session. The defaults are those of Praefect towards Gitaly.</summary>
public sealed record YamuxOptions
{
    /// <summary>
    /// Streams opened by the peer that nobody accepted yet; one more is reset. Also how many of our own streams may be unacknowledged
    /// before opening waits. At least 1.
    /// </summary>
    public int AcceptBacklog { get; init; } = 256;

    /// <summary>The credit granted to the peer for each stream, in bytes, and so the most that is ever buffered for it. At least 262144.</summary>
    public uint MaxStreamWindowBytes { get; init; } = YamuxHeader.InitialWindow;

    /// <summary>How long one write to the connection may take before the session is given up.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the peer may take to acknowledge a stream before the session is given up.</summary>
    public TimeSpan StreamOpenTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>How long a stream that we closed waits for the peer's close before it is reset.</summary>
    public TimeSpan StreamCloseTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long closing a session waits for what is queued to be sent.</summary>
    public TimeSpan SessionCloseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Streams alive in one session, those opened by the peer; one more is reset.</summary>
    public int MaxStreams { get; init; } = 16384;

    /// <summary>The settings of the accepting role (Gitaly, and the gateway towards its clients): one stream, a window of 16 MiB.</summary>
    public static YamuxOptions Accepting { get; } = new() { AcceptBacklog = 1, MaxStreamWindowBytes = 16 * 1024 * 1024 };

    /// <summary>All that is wrong with these values, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (AcceptBacklog < 1)
            errors.Add($"YamuxOptions.AcceptBacklog ({AcceptBacklog}) must be at least 1");
        if (MaxStreamWindowBytes is < YamuxHeader.InitialWindow or > int.MaxValue)
            errors.Add($"YamuxOptions.MaxStreamWindowBytes ({MaxStreamWindowBytes}) must be between {YamuxHeader.InitialWindow} and {int.MaxValue}");
        if (MaxStreams < 1)
            errors.Add($"YamuxOptions.MaxStreams ({MaxStreams}) must be at least 1");
        foreach (var (name, value) in new[]
        {
            (nameof(WriteTimeout), WriteTimeout), (nameof(StreamOpenTimeout), StreamOpenTimeout),
            (nameof(StreamCloseTimeout), StreamCloseTimeout), (nameof(SessionCloseTimeout), SessionCloseTimeout),
        })
        {
            if (value <= TimeSpan.Zero)
                errors.Add($"YamuxOptions.{name} ({value}) must be positive");
        }

        return errors;
    }
}
