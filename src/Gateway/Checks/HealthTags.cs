namespace Praefect.Gateway.Checks;

/// <summary>Who asks for a health check: the checks of each are told by a tag.</summary>
public static class HealthTags
{
    /// <summary>Whoever restarts a process that hangs: <c>/-/live</c>.</summary>
    public const string Live = "live";

    /// <summary>Whoever sends calls to this process: <c>/-/ready</c>.</summary>
    public const string Ready = "ready";

    /// <summary>Operators, through the RPC ReadinessCheck: the nodes, the database, the repositories. Asked now, and not cheap.</summary>
    public const string Installation = "installation";
}
