using System.Diagnostics;

namespace Praefect.Simulation;

/// <summary>
/// Ends the program when one seed takes far longer than any may, and says which: a run that waits for itself, or spins in code that takes no turns, would
/// otherwise hang whoever waits for it. A thread of its own, which looks and changes nothing, so that runs stay the same.
/// </summary>
internal static class Watchdog
{
    /// <summary>The exit status of a program that it ended.</summary>
    public const int Status = 3;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly Lock s_gate = new();
    private static (ulong Seed, long Since) s_running;
    private static long s_steps;

    /// <summary>A seed begins.</summary>
    public static void Begin(ulong seed)
    {
        lock (s_gate)
            s_running = (seed, Stopwatch.GetTimestamp());
    }

    /// <summary>How far the run is, for the message.</summary>
    public static void Step(long steps) => Volatile.Write(ref s_steps, steps);

    /// <summary>Begins to watch.</summary>
    public static void Start() => new Thread(Watch) { IsBackground = true, Name = nameof(Watchdog) }.Start();

    private static void Watch()
    {
        while (true)
        {
            Thread.Sleep(Period);
            lock (s_gate)
            {
                if (s_running.Since == 0 || Stopwatch.GetElapsedTime(s_running.Since) < Longest)
                    continue;
                Console.Error.WriteLine(
                    $"seed {s_running.Seed} hangs: not ended after {Longest.TotalSeconds} s, at step {Volatile.Read(ref s_steps)}\n  replay: tests/Simulation/run.sh --seed {s_running.Seed} --trace");
                Environment.Exit(Status);
            }
        }
    }
}
