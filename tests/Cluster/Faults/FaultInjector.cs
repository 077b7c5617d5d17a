using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Cluster.Faults;

/// <summary>
/// Lets faults happen, one or two at a time, in an order that a seed decides, and starts again what ended by itself, as a supervisor would.
/// </summary>
internal sealed class FaultInjector(ImmutableArray<Fault> faults, ImmutableArray<SupervisedProcess> processes, Random random, TimeProvider time, Action<string> say)
{
    private const int OneInSoManyIsDouble = 3;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly SortedDictionary<string, int> _injected = new(StringComparer.Ordinal);
    private readonly Queue<string> _bag = [];

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
            var chosen = faults.IsEmpty ? [] : Choose();
            foreach (var fault in chosen)
                await BeginAsync(fault, time.GetElapsedTime(started), cancellationToken);
            await WatchAsync(Length(chosen), chosen, cancellationToken);
            // A member cannot start while its database or its network is away.
            foreach (var fault in chosen.OrderByDescending(static fault => fault.Underlies))
                await fault.End(cancellationToken);
            await WatchAsync(Seconds(1, 4), [], cancellationToken);
        }

        foreach (var process in processes)
            await process.StartAsync(cancellationToken);
    }

    private List<Fault> Choose()
    {
        var chosen = new List<Fault>();
        for (var count = random.Next(OneInSoManyIsDouble) == 0 ? 2 : 1; count > 0; count--)
        {
            var kind = Draw();
            var possible = faults.Where(fault => fault.Kind == kind && chosen.TrueForAll(fault.GoesWith)).ToArray();
            if (possible.Length > 0)
                chosen.Add(possible[random.Next(possible.Length)]);
        }

        return chosen;
    }

    // Every kind comes once before any comes again.
    private string Draw()
    {
        if (_bag.Count == 0)
        {
            var kinds = faults.Select(static fault => fault.Kind).Distinct().ToArray();
            random.Shuffle(kinds);
            Array.ForEach(kinds, _bag.Enqueue);
        }

        return _bag.Dequeue();
    }

    private async Task BeginAsync(Fault fault, TimeSpan at, CancellationToken cancellationToken)
    {
        say(string.Create(CultureInfo.InvariantCulture, $"    {at.TotalSeconds:0} s: {fault.Name}"));
        _injected[fault.Kind] = _injected.GetValueOrDefault(fault.Kind) + 1;
        if (await fault.Begin(cancellationToken) is { } told)
            say($"    {told}");
    }

    private async Task WatchAsync(TimeSpan length, List<Fault> present, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < length)
        {
            foreach (var (name, process) in processes.Where(target => !target.Process.Running && present.TrueForAll(fault => !fault.Stops.Contains(target.Name))))
            {
                EndedAlone++;
                say($"    {name} ended with exit code {process.ExitCode} and is started again");
                process.Start();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private TimeSpan Length(List<Fault> chosen) => chosen.Count == 0
        ? TimeSpan.Zero
        : Seconds(chosen.Max(static fault => fault.Seconds.Shortest), chosen.Max(static fault => fault.Seconds.Longest));

    private TimeSpan Seconds(double from, double to) => TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from)));
}
