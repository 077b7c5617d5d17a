namespace Praefect.Cluster.Faults;

/// <summary>A silo whose clock jumps ahead or back, and later jumps to the right time.</summary>
internal static class ClockFaults
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    /// <summary>Those of every silo; none where clocks cannot be set.</summary>
    public static IEnumerable<Fault> Of(ClusterProcesses cluster) => cluster.Clocks is { } clocks
        ? cluster.Silos.SelectMany(silo => new[] { Of("clock-ahead", silo.Name, Skew, clocks), Of("clock-behind", silo.Name, -Skew, clocks) })
        : [];

    private static Fault Of(string kind, string silo, TimeSpan skew, SkewedClocks clocks)
    {
        return new Fault($"{kind}-silo", $"{kind} of {silo}", _ => Set(skew), async _ => await Set(TimeSpan.Zero)) { Underlies = true, Seconds = (4, 10) };

        Task<string?> Set(TimeSpan next)
        {
            clocks.Set(silo, next);
            return Task.FromResult<string?>(null);
        }
    }
}
