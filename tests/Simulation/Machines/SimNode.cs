using System.Security.Cryptography;
using System.Text;
using Praefect.Grains.Nodes;
using Praefect.Grains.Transactions;
using Praefect.Simulation.Engine;
using Praefect.Wire.Grpc;

namespace Praefect.Simulation.Machines;

/// <summary>How a node does wrong.</summary>
internal enum Lie
{
    None,

    /// <summary>Says that it has done what it has not.</summary>
    SkipsChange,

    /// <summary>Is about to do something else than the others.</summary>
    VotesOtherwise,
}

/// <summary>A vote on its way to the gateway.</summary>
internal delegate Task<VoteAnswer> CastVote(string storage, Vote vote, VotePhase phase, CancellationToken cancellationToken);

/// <summary>How a node's call ended.</summary>
internal sealed record NodeAnswer(int Code, string Message);

/// <summary>A storage node as Gitaly behaves: locks a reference, votes, changes it when told to go ahead, votes again.</summary>
internal sealed class SimNode(World world, SimDisk disk, Action<string> lied)
{
    private readonly HashSet<(string Path, string Reference)> _locks = [];
    private int _lives = 1;

    public string Storage { get; } = disk.Storage;

    public SimDisk Disk { get; } = disk;

    public Host Host { get; private set; } = new(world, disk.Storage);

    public Lie Lie { get; set; }

    public void Restart()
    {
        if (Host.Alive)
            return;
        _lives++;
        _locks.Clear();
        Host = new Host(world, Storage);
        world.Trace.Add(Storage, $"starts, life {_lives}");
    }

    /// <summary>Carries out a write.</summary>
    /// <param name="path">The replica.</param>
    /// <param name="change">What is to change; that of a push is known only once its <paramref name="rest"/> has come.</param>
    /// <param name="primary">This is the primary.</param>
    /// <param name="rest">What follows the first message of a push; false: it was broken off.</param>
    /// <param name="vote">Casts a vote.</param>
    /// <param name="stop">Ends the transaction.</param>
    /// <param name="cancellationToken">The caller has reset the call.</param>
    public async Task<NodeAnswer> WriteAsync(
        string path, Change change, bool primary, Func<CancellationToken, Task<bool>> rest, CastVote vote, Func<Task> stop, CancellationToken cancellationToken)
    {
        await WorkAsync();
        if (change.Pushed && !await HasComeAsync(rest, cancellationToken))
            return new NodeAnswer(1, "the push was broken off");
        if (Refusal(path, change) is { } refusal)
            return refusal;
        var locked = (path, change.Reference);
        _locks.Add(locked);
        try
        {
            return await WriteLockedAsync(path, change, primary, vote, stop, cancellationToken);
        }
        finally
        {
            _locks.Remove(locked);
        }
    }

    /// <summary>Makes the repository equal to what another node has. As with git, a reference that changed meanwhile, or is locked, fails it.</summary>
    public async Task FetchAsync(string path, Func<Task<SortedDictionary<string, string>?>> read)
    {
        var before = Disk.Find(path) is { } had ? new SortedDictionary<string, string>(had, StringComparer.Ordinal) : null;
        var wanted = await read() ?? throw new NodeException("no such repository") { SourceMissing = true };
        await WorkAsync();
        var now = Disk.Find(path);
        if (before is null != now is null)
            throw new NodeException("the repository came or went during the copy");
        foreach (var reference in wanted.Keys.Union(before?.Keys ?? Enumerable.Empty<string>()))
        {
            var had2 = before?.GetValueOrDefault(reference);
            if (wanted.GetValueOrDefault(reference) != had2 && (now?.GetValueOrDefault(reference) != had2 || _locks.Contains((path, reference))))
                throw new NodeException($"cannot lock {reference}");
        }

        var result = new SortedDictionary<string, string>(now ?? [], StringComparer.Ordinal);
        foreach (var gone in (before?.Keys ?? Enumerable.Empty<string>()).Where(r => !wanted.ContainsKey(r)))
            result.Remove(gone);
        foreach (var (reference, value) in wanted)
            result[reference] = value;
        world.Trace.Add(Storage, $"has a copy of {path}");
        Disk.Replace(path, result);
    }

    public async Task<SortedDictionary<string, string>?> ReadAsync(string path)
    {
        await WorkAsync();
        return Disk.Find(path) is { } references ? new(references, StringComparer.Ordinal) : null;
    }

    public async Task<string?> ChecksumAsync(string path)
    {
        var references = await ReadAsync(path);
        if (references is null)
            return null;
        var text = string.Join('\n', references.Select(r => $"{r.Key} {r.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..40];
    }

    public async Task<string[]> WalkAsync()
    {
        await WorkAsync();
        return Disk.Paths();
    }

    public async Task RemoveAsync(string path)
    {
        await WorkAsync();
        world.Trace.Add(Storage, $"removes {path}");
        Disk.Remove(path);
    }

    private static async Task<bool> HasComeAsync(Func<CancellationToken, Task<bool>> rest, CancellationToken cancellationToken)
    {
        try
        {
            return await rest(cancellationToken);
        }
        catch (Exception)
        {
            return false;
        }
    }

    private async Task<NodeAnswer> WriteLockedAsync(
        string path, Change change, bool primary, CastVote vote, Func<Task> stop, CancellationToken cancellationToken)
    {
        if (change.Declined && primary)
        {
            await stop();
            return new NodeAnswer(7, "declined by hook");
        }

        var own = change.VoteFor(Lie == Lie.VotesOtherwise ? Storage : string.Empty);
        if (change.Votes && await VoteAsync(vote, own, VotePhase.Prepared, cancellationToken) is { } refused)
            return refused;
        await WorkAsync();
        // Cancelled before its change is a call that changes nothing; from here on it does.
        if (cancellationToken.IsCancellationRequested)
            return new NodeAnswer(1, "context canceled");
        if (Disk.Find(path) is null != (change.Kind == ChangeKind.Create))
            return new NodeAnswer(5, "the repository came or went");
        var skips = Lie == Lie.SkipsChange;
        if (skips)
        {
            lied(change.Value);
        }
        else
        {
            world.Trace.Add(Storage, $"has {change.Reference}={change.Value} in {path}");
            Disk.Set(path, change.Reference, change.Value);
        }

        if (change.Votes && await VoteAsync(vote, own, VotePhase.Committed, cancellationToken) is { } late)
            return late;
        return new NodeAnswer(0, string.Empty);
    }

    private async Task<NodeAnswer?> VoteAsync(CastVote vote, Vote own, VotePhase phase, CancellationToken cancellationToken)
    {
        await WorkAsync();
        VoteAnswer answer;
        try
        {
            answer = await vote(Storage, own, phase, cancellationToken);
        }
        catch (GrpcException e)
        {
            return new NodeAnswer(13, $"voting: {e.Status.Code}");
        }
        catch (Exception e)
        {
            return new NodeAnswer(14, $"voting: {e.Message}");
        }

        return answer switch
        {
            VoteAnswer.Commit => null,
            VoteAnswer.Stop => new NodeAnswer(9, "transaction was stopped"),
            _ => new NodeAnswer(13, "transaction was aborted"),
        };
    }

    private NodeAnswer? Refusal(string path, Change change)
    {
        var references = Disk.Find(path);
        if (change.Kind == ChangeKind.Create)
            return references is null && !_locks.Contains((path, change.Reference)) ? null : new NodeAnswer(6, "repository exists already");
        if (references is null)
            return new NodeAnswer(5, "repository not found");
        if (_locks.Contains((path, change.Reference)))
            return new NodeAnswer(9, "reference is locked");
        return references.GetValueOrDefault(change.Reference) == change.Old ? null : new NodeAnswer(9, "reference is not what was expected");
    }

    private Task WorkAsync()
    {
        var time = world.Random.Chance(0.02) ? world.Random.Milliseconds(50, 800) : world.Random.Between(TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(4));
        return Task.Delay(time, Host.Time);
    }
}
