namespace Praefect.Silo.Hosting;

/// <summary>What a listener is for, on its connections; those without are for gRPC.</summary>
/// <param name="Kind">What it is for.</param>
internal sealed record ListenerRole(ListenerKind Kind)
{
    public static readonly ListenerRole GitHttp = new(ListenerKind.GitHttp);
    public static readonly ListenerRole Metrics = new(ListenerKind.Metrics);
}

/// <summary>What a listener is for, beside gRPC.</summary>
internal enum ListenerKind
{
    /// <summary>Git over HTTP.</summary>
    GitHttp,

    /// <summary>Metrics and readiness.</summary>
    Metrics,
}
