using System.Collections.Immutable;
using Praefect.Grains.Nodes;

namespace Praefect.Grains;

/// <summary>Configuration, times and bounds of the grains. All silos of a cluster must have the same.</summary>
public sealed record GrainOptions
{
    /// <summary>Name of the grain storage provider that the grains' states live in.</summary>
    public const string StorageProvider = "praefect";

    /// <summary>What <see cref="CopiesPerTarget"/> may be.</summary>
    public static OptionRange<int> CopiesPerTargetRange { get; } = new(1, 1000);

    /// <summary>What <see cref="ReconciliationInterval"/> may be, when it is not 0.</summary>
    public static OptionRange<TimeSpan> ReconciliationIntervalRange { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromDays(365));

    /// <summary>What <see cref="WalkInterval"/> may be, when it is not 0.</summary>
    public static OptionRange<TimeSpan> WalkIntervalRange { get; } = new(TimeSpan.FromMilliseconds(10), TimeSpan.MaxValue);

    /// <summary>What <see cref="WalkCheckInterval"/> may be.</summary>
    public static OptionRange<TimeSpan> WalkCheckIntervalRange { get; } = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(365));

    /// <summary>What <see cref="WalkBatch"/> may be.</summary>
    public static OptionRange<int> WalkBatchRange { get; } = new(1, 100_000);

    /// <summary>Every virtual storage; at least one.</summary>
    public ImmutableArray<VirtualStorageOptions> VirtualStorages { get; set; } = [];

    /// <summary>
    /// The store is locked for this process, so that no other one can have an activation of the same repository. If not, an activation writes the record before it
    /// routes its first read, once: whoever read it before then cannot record any write that this one would miss.
    /// </summary>
    public bool OneProcess { get; set; }

    /// <summary>Time between two probes of a node. 50 ms to 1 min.</summary>
    public TimeSpan ProbePeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node has for a probe. 10 ms to 1 min.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a subscription to a virtual storage lasts unless it is repeated. 1 s to 1 h.</summary>
    public TimeSpan SubscriptionLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between two refreshes of the process-local directory, in case a notice was lost. 50 ms to 10 min.</summary>
    public TimeSpan DirectoryRefresh { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A write whose gateway is not heard of for this long is ended as if its calls had broken. 100 ms to 5 min.</summary>
    public TimeSpan WriteLease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a vote waits for its decision before its gateway is to ask again. 10 ms to 1 min, and shorter than a gateway waits for the answer.</summary>
    public TimeSpan VoteWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many writes of one repository may be open at a time. 1 to 100,000.</summary>
    public int MaxOpenWrites { get; set; } = 256;

    /// <summary>Conflicting writes take turns. Off: they reach the nodes side by side, in an order of each node's own.</summary>
    public bool WriteTurns { get; set; } = true;

    /// <summary>How many writes of one repository may wait for their turn at a time. 1 to 100,000.</summary>
    public int MaxWaitingWrites { get; set; } = 256;

    /// <summary>
    /// A turn whose gateway is not heard of for this long goes to the next. 100 ms to 1 min. With <see cref="UpkeepPeriod"/> this is how long a dead gateway can
    /// keep others waiting; live ones are heard of every 0.8 s.
    /// </summary>
    public TimeSpan TurnLease { get; set; } = TimeSpan.FromMilliseconds(2400);

    /// <summary>
    /// A turn that others wait for goes to the next after this time, whatever its holder does: a slow upload must not stop a branch. The slow write goes on, in an
    /// order of the nodes' own. 100 ms to 10 min.
    /// </summary>
    public TimeSpan TurnHold { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one call waits for a turn before its gateway has to ask again. 10 ms to 2 s, so that calls end before their callers' deadlines.</summary>
    public TimeSpan TurnSlice { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many results of finished writes a repository remembers, for repeated reports. 1 to 100,000.</summary>
    public int RememberedResults { get; set; } = 256;

    /// <summary>How long a new write waits while the repository is being settled. 10 ms to 1 min.</summary>
    public TimeSpan SettlingWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the replicas have to report their checksums when doubt is being settled. 10 ms to 10 min.</summary>
    public TimeSpan SettlingTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Time after a settlement at which the replicas are compared once more, and after an activation's start before it copies to where another one did: for calls that were
    /// still running on a node then. 10 ms to 10 min.
    /// </summary>
    public TimeSpan SettlingConfirmation { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two looks at leases, doubts and repairs of a repository that has any. 10 ms to 1 min.</summary>
    public TimeSpan UpkeepPeriod { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long one copy of a replica may take. 100 ms to 7 days.</summary>
    public TimeSpan RepairTimeout { get; set; } = TimeSpan.FromHours(6);

    /// <summary>Wait after a failed copy, doubled with each further failure up to <see cref="RepairMaxBackoff"/>. 10 ms to 1 h.</summary>
    public TimeSpan RepairBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two copies to a healthy target. 10 ms to 1 day.</summary>
    public TimeSpan RepairMaxBackoff { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long new writes wait at most for the last, short copy of a replica that a busy repository keeps behind. 10 ms to 1 min.</summary>
    public TimeSpan RepairPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Period of the reminder that resumes repair after a crash. 1 min or more (the runtime's bound).</summary>
    public TimeSpan RepairReminder { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many copies to one storage this process makes at a time, over all repositories; more wait in order. 1 to 1,000.</summary>
    public int CopiesPerTarget { get; set; } = 10;

    /// <summary>Time between the end of a surplus replica's use and its removal from the disk, for reads that were sent there before. 0 to 1 h.</summary>
    public TimeSpan SurplusGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How old a replica's last verification may get; 0 or less: replicas are not verified.</summary>
    public TimeSpan VerificationInterval { get; set; } = TimeSpan.FromHours(168);

    /// <summary>A replica that its node does not have is taken off the record; if not, it is only logged.</summary>
    public bool DeleteInvalidRecords { get; set; } = true;

    /// <summary>Time between two looks of a storage for replicas to verify. 10 ms to 1 h.</summary>
    public TimeSpan VerificationPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many replicas of a storage are verified at a time. 1 to 1,000.</summary>
    public int VerificationBatch { get; set; } = 25;

    /// <summary>How long the verification of a batch may take. 100 ms to 10 min.</summary>
    public TimeSpan VerificationLease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between two searches of a storage for repositories that it has to get a copy of and that nobody is working on. 0: none; else 50 ms or more.</summary>
    public TimeSpan ReconciliationInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many repositories one such search sets to work. 1 to 100,000.</summary>
    public int ReconciliationBatch { get; set; } = 500;

    /// <summary>Time between two searches of a storage's disk for repositories without a record. 0: none; else 10 ms or more.</summary>
    public TimeSpan WalkInterval { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Time between two looks whether a search is due, the first soon after the start. 10 ms to 365 days.</summary>
    public TimeSpan WalkCheckInterval { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How many repositories of such a search are looked up at a time. 1 to 100,000.</summary>
    public int WalkBatch { get; set; } = 16;

    /// <summary>Every mistake, in words that say what to change; empty when there is none.</summary>
    public ImmutableArray<string> Validate() => GrainOptionsRules.Check(this);
}
