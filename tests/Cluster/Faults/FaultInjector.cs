using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Cluster.Faults;

/// <summary>
/// Kills (SIGKILL), freezes (SIGSTOP, later SIGCONT) and restarts (SIGTERM) processes, one or two at a time, in an order that a seed decides, and starts again
/// what ended by itself, as a supervisor would.
/// </summary>
internal sealed class FaultInjector(ImmutableArray<FaultTarget> targets, Random random, TimeProvider time, Action<string> say)
{
    private const int OneInSoManyIsDouble = 3;
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly SortedDictionary<string, int> _injected = new(StringComparer.Ordinal);
    private readonly Queue<(string Action, string Role)> _bag = [];

    /// <summary>How often each fault was injected.</summary>
    public IReadOnlyDictionary<string, int> Injected => _injected;

    /// <summary>Processes that ended by themselves.</summary>
    public int EndedAlone { get; private set; }

    /// <summary>Injects faults for so long, and ends when everything serves again.</summary>
    public async Task RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < length)
        {
            var faults = Choose();
            foreach (var (action, target) in faults)
                await BeginAsync(action, target);
            await WatchAsync(Seconds(1, 6), faults, cancellationToken);
            // A member cannot start while its database is away.
            foreach (var (action, target) in faults.OrderByDescending(static fault => fault.Target.Process is null))
                await EndAsync(action, target, cancellationToken);
            await WatchAsync(Seconds(1, 4), [], cancellationToken);
        }

        foreach (var target in targets.Where(static target => target.Process is not null))
            await target.Start(cancellationToken);
    }

    private List<(string Action, FaultTarget Target)> Choose()
    {
        var faults = new List<(string Action, FaultTarget Target)>();
        for (var count = random.Next(OneInSoManyIsDouble) == 0 ? 2 : 1; count > 0; count--)
        {
            var (action, role) = Draw();
            var possible = targets.Where(target => target.Role == role && faults.TrueForAll(fault => fault.Target != target)).ToArray();
            if (possible.Length > 0)
                faults.Add((action, possible[random.Next(possible.Length)]));
        }

        return faults;
    }

    // Every kind comes once before any comes again.
    private (string Action, string Role) Draw()
    {
        if (_bag.Count == 0)
        {
            var kinds = targets.Select(static target => (target.Role, Killed: target.Process is null)).Distinct()
                .SelectMany(static kind => kind.Killed ? [("kill", kind.Role)] : new[] { ("kill", kind.Role), ("freeze", kind.Role), ("restart", kind.Role) }).ToArray();
            random.Shuffle(kinds);
            Array.ForEach(kinds, _bag.Enqueue);
        }

        return _bag.Dequeue();
    }

    private async Task BeginAsync(string action, FaultTarget target)
    {
        say(string.Create(CultureInfo.InvariantCulture, $"    {action} {target.Name}"));
        var name = $"{action}-{target.Role}";
        _injected[name] = _injected.GetValueOrDefault(name) + 1;
        if (target.Process is { Running: false })
            return;
        if (action == "freeze")
            target.Process!.Freeze();
        else if (action == "kill")
            await target.Kill();
        else if (!await target.Process!.StopAsync(StopMax))
            say($"    {target.Name} did not stop well: exit code {target.Process.ExitCode}");
    }

    private static Task EndAsync(string action, FaultTarget target, CancellationToken cancellationToken)
    {
        if (action != "freeze")
            return target.Start(cancellationToken);
        target.Process!.Thaw();
        return Task.CompletedTask;
    }

    private async Task WatchAsync(TimeSpan length, List<(string Action, FaultTarget Target)> faults, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < length)
        {
            foreach (var target in targets.Where(target => target.Process is { Running: false } && faults.TrueForAll(fault => fault.Target != target)))
            {
                EndedAlone++;
                say($"    {target.Name} ended with exit code {target.Process!.ExitCode} and is started again");
                target.Process.Start();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private TimeSpan Seconds(int from, int to) => TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from)));
}
