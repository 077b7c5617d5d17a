using Praefect.Grains.Repositories;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Machines;

namespace Praefect.Simulation.Load;

/// <summary>Reads, writes, creates and removes repositories, one call after another, and forgets nothing that it was told.</summary>
internal sealed class Client(Cluster cluster, Host host, IReadOnlyList<RepositoryKey> repositories, SimRandom random)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    // How often a write that votes says what it touches only once its nodes have been called.
    private const double Pushes = 0.3;
    private readonly Dictionary<RepositoryKey, string?> _main = [];
    private int _values;

    /// <summary>How often a client removes a repository.</summary>
    public double Removals { get; init; }

    /// <summary>How often a call is a read.</summary>
    public double Reads { get; init; } = 0.35;

    /// <summary>How often a write goes without votes.</summary>
    public double Voteless { get; init; }

    public bool Stopped { get; set; }

    public void Start() => _ = host.Run(WorkAsync);

    /// <summary>Tries until a write on the repository, or its creation, is acknowledged.</summary>
    public async Task WriteUntilAcknowledgedAsync(RepositoryKey key)
    {
        while (true)
        {
            var reply = await WriteAsync(key, ownReference: true, votes: true, declined: false);
            if (reply.Kind == ReplyKind.Ok)
                return;
            if (reply.Text == "RepositoryNotFound" && (await CreateAsync(key)).Kind == ReplyKind.Ok)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(200), host.Time);
        }
    }

    private async Task WorkAsync()
    {
        while (!Stopped)
        {
            var key = random.Pick(repositories);
            if (random.Chance(Reads))
            {
                await ReadAsync(key);
            }
            else if (random.Chance(Removals))
            {
                await CallAsync((g, token) => g.RemoveAsync(key, token));
                _main.Remove(key);
            }
            else
            {
                var reply = await WriteAsync(key, random.Chance(0.5), !random.Chance(Voteless), random.Chance(0.03));
                if (reply.Text == "RepositoryNotFound")
                    await CreateAsync(key);
            }

            await Task.Delay(random.Milliseconds(1, 400), host.Time);
        }
    }

    private async Task ReadAsync(RepositoryKey key)
    {
        var reply = await CallAsync((g, token) => g.ReadAsync(key, random.Chance(0.2), token));
        if (reply is { Kind: ReplyKind.Ok, Content: { } content })
            _main[key] = content.GetValueOrDefault("main");
    }

    private Task<Reply> CreateAsync(RepositoryKey key) =>
        SendAsync(key, new Change(ChangeKind.Create, "HEAD", null, NextValue(), !random.Chance(Voteless), Declined: false, Pushed: false));

    private async Task<Reply> WriteAsync(RepositoryKey key, bool ownReference, bool votes, bool declined)
    {
        var value = NextValue();
        var pushed = votes && random.Chance(Pushes);
        var change = ownReference
            ? new Change(ChangeKind.Update, $"own/{value}", null, value, votes, declined, pushed)
            : new Change(ChangeKind.Update, "main", _main.GetValueOrDefault(key), value, votes, declined, pushed);
        var reply = await SendAsync(key, change);
        if (!ownReference && reply.Kind == ReplyKind.Ok)
            _main[key] = value;
        else if (!ownReference)
            await ReadAsync(key);
        return reply;
    }

    private Task<Reply> SendAsync(RepositoryKey key, Change change)
    {
        cluster.Oracle.Issued(change);
        return CallAsync((g, token) => g.WriteAsync(key, change, token));
    }

    private async Task<Reply> CallAsync(Func<SimGateway, CancellationToken, Task<Reply>> call)
    {
        var gateway = cluster.Gateway;
        using var deadline = new CancellationTokenSource(Deadline, host.Time);
        try
        {
            return await cluster.Network.CallAsync(host, gateway.Host, token => call(gateway, token), deadline.Token);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e.Message);
        }
    }

    private string NextValue() => $"{host.Name[^1]}{(++_values).ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}
