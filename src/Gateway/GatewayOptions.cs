using System.Text.RegularExpressions;
using Praefect.Gateway.Front;

namespace Praefect.Gateway;

/// <summary>How the gateway behaves. Every value has a bound; <see cref="Validate"/> names everything that is wrong at once.</summary>
public sealed partial class GatewayOptions
{
    // Where silos can die apart from gateways, a request that was on its way into one that died is answered by nobody. The calls that these are for may be repeated.
    private static readonly TimeSpan s_clusterAttempt = TimeSpan.FromSeconds(1);

    /// <summary>The options of a gateway whose grains may be in other processes: what went down with one of them is noticed sooner.</summary>
    public static GatewayOptions ForCluster() => new()
    {
        RenewInterval = TimeSpan.FromSeconds(1),
        BeginTimeout = s_clusterAttempt,
        FinishAttemptTimeout = s_clusterAttempt,
    };

    /// <summary>Secrets of which a client's token must match one. None: authentication is off and everything passes.</summary>
    public IReadOnlyList<string> Tokens { get; set; } = [];

    /// <summary>Checks tokens for the metrics only and rejects nothing, while clients are being given a new secret.</summary>
    public bool AuthTransitioning { get; set; }

    /// <summary>
    /// Largest first message of a request, in bytes; 5 to <see cref="int.MaxValue"/>. Only the first message is ever held in memory. Gitaly's clients keep
    /// it below a few MiB (the largest are lists of revisions), 64 MiB leaves room for any of them and still bounds what one call can cost.
    /// </summary>
    public int MaxFirstMessageBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long one attempt to get a read's route may take; a second attempt follows. More than zero.</summary>
    public TimeSpan RouteTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one attempt to open a write may take before the grain is asked again, which finds what the attempt opened. More than zero. Short where the grain's
    /// silo may be another process: a request that went down with it is answered by nobody.
    /// </summary>
    public TimeSpan BeginTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long all attempts to open a write may take; at least <see cref="BeginTimeout"/>, and below the 10 s after which a grain gives up a silent write.</summary>
    public TimeSpan BeginBudget { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long one attempt to hand on a vote may take before it is repeated; more than the second that the grain keeps a vote which is not decided yet.
    /// </summary>
    public TimeSpan VoteAttemptTimeout { get; set; } = TimeSpan.FromSeconds(1.3);

    /// <summary>Budget for recording a write's outcome, whatever became of the client. More than zero.</summary>
    public TimeSpan FinishTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt at recording may take before it is repeated. More than zero.</summary>
    public TimeSpan FinishAttemptTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node is passed over after a connection to it failed. Zero or more.</summary>
    public TimeSpan AvoidFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long secondaries may go on after the primary failed, to end the same way. Zero or more.</summary>
    public TimeSpan GraceAfterPrimaryFailure { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the client waits for secondaries after the primary succeeded; one that takes longer is cut off and repaired. More than zero.</summary>
    public TimeSpan GraceAfterPrimarySuccess { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How often the writes under way are reported to their grains, which give their turns to the next after 2.4 s of silence and the writes up after 10 s. More than
    /// zero, below 1.2 s.
    /// </summary>
    public TimeSpan RenewInterval { get; set; } = TimeSpan.FromSeconds(0.8);

    /// <summary>For how many repositories the last route of a read is remembered, for the time when grains cannot be reached. 0 or more.</summary>
    public int RememberedRoutes { get; set; } = 10_000;

    /// <summary>How long deletions on the nodes may take after the record is gone. More than zero.</summary>
    public TimeSpan RemoveTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shutdown waits for outcomes being recorded. Zero or more.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(35);

    /// <summary>How many pieces of work that outlive their call (outcomes, suspicions) may be under way at once; 1 or more.</summary>
    public int MaxBackgroundWork { get; set; } = 10_000;

    /// <summary>Writes one line per RPC at level Information.</summary>
    public bool AccessLog { get; set; } = true;

    /// <summary>Paths of which calls are written; null: all. Praefect's <c>GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN</c>.</summary>
    public Regex? AccessLogAllow { get; set; }

    /// <summary>Paths of which calls are not written; null: none. Praefect's <c>GITALY_LOG_REQUEST_METHOD_DENY_PATTERN</c>.</summary>
    public Regex? AccessLogDeny { get; set; } = HealthChecks();

    /// <summary>
    /// Feature flags (names with underscores) and the value they get on calls that reach more than one node, unless the client chose one: nodes of
    /// different versions would otherwise run different code in one transaction.
    /// </summary>
    public IReadOnlyDictionary<string, bool> FeatureFlags { get; set; } = Metadata.KnownFeatureFlags.Gitaly1611;

    /// <summary>Git over HTTP.</summary>
    public GitHttpFrontOptions GitHttp { get; set; } = new();

    /// <summary>What matches Praefect's own choice of calls that are not written: health checks.</summary>
    [GeneratedRegex("^/grpc.health.v1.Health/Check$", RegexOptions.CultureInvariant)]
    public static partial Regex HealthChecks();

    /// <summary>Everything that is wrong with these options, in words that say what to do; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        if (Tokens.Any(string.IsNullOrEmpty))
            problems.Add($"{nameof(GatewayOptions)}.{nameof(Tokens)} contains an empty token: remove it, or remove all tokens to switch authentication off");
        if (MaxFirstMessageBytes < 5)
            problems.Add($"{nameof(GatewayOptions)}.{nameof(MaxFirstMessageBytes)} ({MaxFirstMessageBytes}) must be at least 5");
        Positive(nameof(RouteTimeout), RouteTimeout);
        Positive(nameof(BeginTimeout), BeginTimeout);
        if (BeginBudget < BeginTimeout || BeginBudget >= TimeSpan.FromSeconds(10))
            problems.Add($"{nameof(GatewayOptions)}.{nameof(BeginBudget)} ({BeginBudget}) must be at least {nameof(BeginTimeout)} and below 10 s");
        if (VoteAttemptTimeout <= TimeSpan.FromSeconds(1))
            problems.Add($"{nameof(GatewayOptions)}.{nameof(VoteAttemptTimeout)} ({VoteAttemptTimeout}) must be more than 1 s");
        Positive(nameof(FinishTimeout), FinishTimeout);
        Positive(nameof(GraceAfterPrimarySuccess), GraceAfterPrimarySuccess);
        Positive(nameof(FinishAttemptTimeout), FinishAttemptTimeout);
        Positive(nameof(RemoveTimeout), RemoveTimeout);
        Positive(nameof(RenewInterval), RenewInterval);
        NotNegative(nameof(AvoidFor), AvoidFor);
        NotNegative(nameof(GraceAfterPrimaryFailure), GraceAfterPrimaryFailure);
        NotNegative(nameof(DrainTimeout), DrainTimeout);
        if (RenewInterval >= TimeSpan.FromSeconds(1.2))
            problems.Add($"{nameof(GatewayOptions)}.{nameof(RenewInterval)} ({RenewInterval}) must be below 1.2 s: the turn of a write not heard of for 2.4 s goes to the next");
        if (RememberedRoutes < 0)
            problems.Add($"{nameof(GatewayOptions)}.{nameof(RememberedRoutes)} ({RememberedRoutes}) must be 0 or more");
        if (MaxBackgroundWork < 1)
            problems.Add($"{nameof(GatewayOptions)}.{nameof(MaxBackgroundWork)} ({MaxBackgroundWork}) must be 1 or more");
        problems.AddRange(GitHttp.Validate());
        return problems;

        void Positive(string name, TimeSpan value)
        {
            if (value <= TimeSpan.Zero)
                problems.Add($"{nameof(GatewayOptions)}.{name} ({value}) must be more than zero");
        }

        void NotNegative(string name, TimeSpan value)
        {
            if (value < TimeSpan.Zero)
                problems.Add($"{nameof(GatewayOptions)}.{name} ({value}) must not be negative");
        }
    }
}
