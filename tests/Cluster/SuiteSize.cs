namespace Praefect.Cluster;

/// <summary>How large a cluster, and how hard it is worked.</summary>
/// <param name="Silos">Gateway silos at the start, or silos where gateways are apart; 2 or more.</param>
/// <param name="Gateways">Gateways at the start where they are apart; 2 or more.</param>
/// <param name="Repositories">Repositories, each with a loop of reads and one of writes.</param>
/// <param name="ReadPause">Pause of a loop of reads between two calls.</param>
/// <param name="WritePause">Pause of a loop of writes between two calls.</param>
/// <param name="Outage">For how long <c>stop-postgres</c> stops it.</param>
internal sealed record SuiteSize(int Silos, int Gateways, int Repositories, TimeSpan ReadPause, TimeSpan WritePause, TimeSpan Outage)
{
    /// <summary>
    /// Less than two cores can take: on a machine that is full, a process that starts or notices a death waits for its turn longer than for anything
    /// that is ours, and the gaps are the machine's. The pauses are part of the gaps.
    /// </summary>
    public static SuiteSize Full { get; } = new(3, 2, 6, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(1200), TimeSpan.FromSeconds(20));

    /// <summary>Beside other tests, which need the machine, too.</summary>
    public static SuiteSize Small { get; } = new(2, 2, 2, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
}
