using System.Text.Json;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Machines;
using Praefect.Store;
using Silo = Praefect.Simulation.Machines.Silo;

namespace Praefect.Simulation.Checks;

/// <summary>
/// Knows what was acknowledged and looks at every change of a record, of a disk, and at every route: no acknowledged write may be missing where it must be.
/// </summary>
internal sealed class Oracle(World world)
{
    private readonly Dictionary<string, Promises> _promises = [];
    private readonly Dictionary<string, RepositoryRecord> _records = [];
    private readonly Dictionary<string, RepositoryRecord> _byPath = [];
    private readonly Dictionary<string, Host> _writers = [];
    private readonly Dictionary<(string Repository, Host Reader), long> _readings = [];
    private readonly HashSet<Host> _superseded = [];
    private readonly HashSet<long> _goneIds = [];
    private readonly HashSet<ulong> _named = [];
    private readonly HashSet<string> _accepted = [];
    private readonly HashSet<string> _lies = [];
    private readonly Dictionary<string, string?> _parents = [];
    private readonly List<(string Repository, string Storage)> _authorities = [];

    // By path: what was under way when an operator accepted a loss. It was decided before or after that, and may be told of later.
    private readonly Dictionary<string, HashSet<string>> _givenUp = [];

    private long _reads;

    public TurnOrder Turns { get; } = new(world);

    public AgreedVotes Votes { get; } = new(world);

    public IReadOnlyDictionary<string, SimDisk> Disks { get; set; } = new Dictionary<string, SimDisk>();

    /// <summary>How many writes were acknowledged so far.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>How many times something was looked at.</summary>
    public long Looks { get; private set; }

    /// <summary>A node claims to have done what it has not: this write is not owed by anybody.</summary>
    public void Lied(string value) => _lies.Add(value);

    /// <summary>A disk is about to become what it was: what is not in its backup is not owed any more, since it may have been the last to have it.</summary>
    public void Restoring(SimDisk disk, IReadOnlyDictionary<string, SortedDictionary<string, string>> backup)
    {
        foreach (var path in disk.Paths())
        {
            var kept = backup.GetValueOrDefault(path);
            foreach (var (reference, current) in disk.Find(path)!)
            {
                for (var value = current; value is not null && value != kept?.GetValueOrDefault(reference); value = _parents.GetValueOrDefault(value))
                    _lies.Add(value);
            }

            PromisesOf(path).Forget(_lies);
        }
    }

    /// <summary>A client is about to ask for this.</summary>
    public void Issued(Change change) => _parents[change.Value] = change.Old;

    /// <summary>An operator is about to accept a loss: whatever is not on this storage may go when it comes to pass.</summary>
    public void Authorizing(string repository, string storage)
    {
        _authorities.Add((repository, storage));
        _accepted.Add(repository);
    }

    /// <summary>It came to pass, or never will any more.</summary>
    public void Authorized(string repository, string storage) => _authorities.Remove((repository, storage));

    /// <summary>The gateway is about to tell the client that the write was carried out.</summary>
    public void Acknowledge(string path, Change change)
    {
        world.Trace.Add("checks", $"acknowledged: {change.Value}");
        Acknowledged++;
        if (_lies.Contains(change.Value) || _givenUp.GetValueOrDefault(path)?.Contains(change.Value) == true)
            return;
        PromisesOf(path).Add(change, Acknowledged);
        if (_byPath.TryGetValue(path, out var record))
            CheckReplicas(record, "after an acknowledgement");
    }

    /// <summary>A node was told to go ahead with a write, or, where it does not vote, is about to be called.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="path">Its repository's. A write that meets the removal of its repository may still be sent, and finds nothing there.</param>
    public void GoesAhead(ulong id, string path)
    {
        Looks++;
        if (!_named.Contains(id) && _byPath.ContainsKey(path))
            world.Fail($"{id:x} goes ahead, and no record ever named it");
    }

    /// <summary>A record was read.</summary>
    public void Read(StateKey key, Host reader) => _readings[(key.GrainKey, reader)] = ++_reads;

    /// <summary>Another silo took over from this one.</summary>
    public void Supersede(Host silo) => _superseded.Add(silo);

    /// <summary>A record is durable.</summary>
    public void Recorded(StateKey key, Host writer, string? before, string? after)
    {
        if (key.Name != "repository")
            return;
        _writers[key.GrainKey] = writer;
        var old = before is null ? null : JsonSerializer.Deserialize<RepositoryRecord>(before);
        var record = after is null ? null : JsonSerializer.Deserialize<RepositoryRecord>(after);
        world.Trace.Add("store", $"{key.GrainKey} is {Text(record)}");
        if (old is not null && old.RepositoryId != record?.RepositoryId)
        {
            _goneIds.Add(old.RepositoryId);
            _byPath.Remove(old.ReplicaPath);
        }

        if (record is null)
        {
            _records.Remove(key.GrainKey);
            return;
        }

        _named.UnionWith(record.OpenWrites.Select(w => w.TransactionId));
        CheckSuccession(key.GrainKey, old, record);
        _records[key.GrainKey] = _byPath[record.ReplicaPath] = record;
        Forgive(key.GrainKey, record);
        CheckReplicas(record, "after its record was written");
    }

    /// <summary>A repository on a disk changed.</summary>
    public void DiskChanged(SimDisk disk, string path)
    {
        if (_byPath.TryGetValue(path, out var record) && UpToDate(record).Contains(disk.Storage))
            CheckReplica(record, disk.Storage, "after its disk changed");
    }

    /// <summary>A read was routed that began when so many writes had been acknowledged.</summary>
    public void Routed(Silo silo, AccessorRoute route, int acknowledged)
    {
        if (silo.Superseded || !_byPath.TryGetValue(route.ReplicaPath, out var record) || IsOvertaken(silo.Host, record))
            return;
        foreach (var storage in route.Storages)
        {
            Looks++;
            // What the operator has just asked for counts from now on or from its record on; both are right.
            if (_authorities.Contains(($"{record.VirtualStorage}/{record.RelativePath}", storage)))
                continue;
            if (PromisesOf(route.ReplicaPath).Missing(Disks[storage].Find(route.ReplicaPath), acknowledged) is { } missing)
                world.Fail($"{silo.Host.Name} routes a read of {route.ReplicaPath} to {storage}, which misses {missing}");
        }
    }

    /// <summary>Somebody is about to delete a replica.</summary>
    public void Removing(string storage, string path)
    {
        // What no record names is left over, or more than was asked for.
        if (_byPath.TryGetValue(path, out var record) && record.Generation >= 0 && record.Replicas.Any(r => r.Storage == storage))
            world.Fail($"{storage} is told to delete {path}, which is on record: {Text(record)}");
    }

    /// <summary>All records, as the database has them.</summary>
    public IEnumerable<RepositoryRecord> Records => _records.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value);

    public RepositoryRecord? RecordOf(string repository) => _records.GetValueOrDefault(repository);

    public string TextOf(string repository) => Text(RecordOf(repository));

    /// <summary>All replicas that are called up to date hold the same.</summary>
    public string? Difference(string repository)
    {
        // What a node lied about can differ until the next write finds it.
        if (_lies.Count > 0 || RecordOf(repository) is not { Generation: >= 0 } record)
            return null;
        var contents = UpToDate(record).Select(s => (Storage: s, Text: Content(s, record.ReplicaPath))).ToArray();
        return contents.Select(c => c.Text).Distinct().Count() > 1 ? string.Join("; ", contents.Select(c => $"{c.Storage}: {c.Text}")) : null;
    }

    // A silo that others took for dead read the record again and wrote it: its turn should have been over before. What this one knows is older then, until it
    // writes. Whoever takes over cannot prevent it; the old one must end.
    private bool IsOvertaken(Host silo, RepositoryRecord record)
    {
        var key = $"{record.VirtualStorage}/{record.RelativePath}";
        return _writers.TryGetValue(key, out var writer) && _superseded.Contains(writer) &&
            _readings.GetValueOrDefault((key, writer)) > _readings.GetValueOrDefault((key, silo));
    }

    /// <summary>
    /// No disk has what the record calls up to date: a node lied about the creation, or failed it after it was agreed. Verification then takes its replica off the
    /// record, the last one too, and nobody can write until an operator decides. That the disks did not lose it by us is checked where replicas are removed.
    /// </summary>
    public bool IsOnNoDisk(RepositoryRecord record) => record.Generation >= 0 && UpToDate(record).All(s => Disks[s].Find(record.ReplicaPath) is null);

    /// <summary>
    /// The same for the disk of the primary alone, where nodes lied: it refuses all writes, since it has no such repository, until verification takes its replica off
    /// the record, or an operator does. How soon that is, is a matter of its interval.
    /// </summary>
    public bool IsNotOnThePrimarysDisk(RepositoryRecord record) =>
        _lies.Count > 0 && record is { Generation: >= 0, Primary: { } primary } && UpToDate(record).Contains(primary) && Disks[primary].Find(record.ReplicaPath) is null;

    private static IEnumerable<string> UpToDate(RepositoryRecord record) =>
        record.Replicas.Where(r => record.Generation >= 0 && r.Generation == record.Generation).Select(r => r.Storage);

    private static string Text(RepositoryRecord? record) => record is null
        ? "empty"
        : $"#{record.RepositoryId} generation {record.Generation} primary {record.Primary} [{string.Join(' ', record.Replicas.Select(r => $"{r.Storage}:{r.Generation}"))}]" +
          (record.Assignments is { } assigned ? $" assigned [{string.Join(' ', assigned)}]" : string.Empty) +
          $" open [{string.Join(' ', record.OpenWrites.Select(w => w.TransactionId.ToString("x", System.Globalization.CultureInfo.InvariantCulture)))}]";

    private void CheckSuccession(string repository, RepositoryRecord? old, RepositoryRecord record)
    {
        if (_goneIds.Contains(record.RepositoryId) || (old is null && _byPath.ContainsKey(record.ReplicaPath)))
            world.Fail($"{repository}: id or path of {Text(record)} was used before");
        if (record.Generation >= 0 && !UpToDate(record).Any() && !(old is not null && old.RepositoryId == record.RepositoryId && IsOnNoDisk(old)))
            world.Fail($"{repository}: no replica is at the generation of {Text(record)}");
        if (record.Replicas.Any(r => r.Generation > record.Generation))
            world.Fail($"{repository}: a replica is ahead of {Text(record)}");
        if (old is null || old.RepositoryId != record.RepositoryId)
            return;
        if (record.Generation < old.Generation)
            world.Fail($"{repository}: the generation went back from {Text(old)} to {Text(record)}");
        // An operator's order can arrive twice, the second time after the answer to the first.
        var ended = old.OpenWrites.Count(w => record.OpenWrites.All(o => o.TransactionId != w.TransactionId));
        // Writes share a write of the store: one that was opened and ended between two of them is in neither record, but has left a replica at a generation in between,
        // unless only one was up to date before.
        var leftBehind = UpToDate(old).Count() == 1 || !UpToDate(old).All(UpToDate(record).Contains) || record.Replicas.Any(r => r.Generation >= old.Generation && r.Generation < record.Generation);
        if (record.Generation - old.Generation > ended && !leftBehind && !_accepted.Contains(repository))
            world.Fail($"{repository}: the generation moved without a write that ended and without a replica left behind, from {Text(old)} to {Text(record)}");
        foreach (var replica in old.Replicas)
        {
            if (record.Replicas.FirstOrDefault(r => r.Storage == replica.Storage) is { } now && now.Generation < replica.Generation)
                world.Fail($"{repository}: {replica.Storage} went back from {Text(old)} to {Text(record)}");
        }
    }

    private void Forgive(string repository, RepositoryRecord record)
    {
        foreach (var (_, storage) in _authorities.Where(a => a.Repository == repository))
        {
            if (!UpToDate(record).Contains(storage))
                continue;
            PromisesOf(record.ReplicaPath).Forgive(Disks[storage].Find(record.ReplicaPath));
            _givenUp[record.ReplicaPath] = [.. _parents.Keys];
        }
    }

    private void CheckReplicas(RepositoryRecord record, string when)
    {
        foreach (var storage in UpToDate(record))
            CheckReplica(record, storage, when);
    }

    private void CheckReplica(RepositoryRecord record, string storage, string when)
    {
        Looks++;
        if (PromisesOf(record.ReplicaPath).Missing(Disks[storage].Find(record.ReplicaPath), int.MaxValue) is { } missing)
            world.Fail($"{when}, {storage} misses {missing}, although it counts as up to date: {Text(record)}");
    }

    private Promises PromisesOf(string path)
    {
        if (!_promises.TryGetValue(path, out var promises))
            _promises.Add(path, promises = new Promises(_parents));
        return promises;
    }

    private string Content(string storage, string path) =>
        Disks[storage].Find(path) is { } references ? string.Join(' ', references.Select(r => $"{r.Key}={r.Value}")) : "nothing";
}
