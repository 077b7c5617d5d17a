namespace Praefect.Cluster;

/// <summary>How large a cluster, and how hard it is worked.</summary>
/// <param name="Silos">Silos at the start; 2 or more.</param>
/// <param name="Gateways">Gateways at the start; 2 or more.</param>
/// <param name="Repositories">Repositories, each with a loop of reads and one of writes.</param>
/// <param name="Pace">Pause of a loop between two calls.</param>
/// <param name="Outage">For how long <c>stop-postgres</c> stops it.</param>
internal sealed record SuiteSize(int Silos, int Gateways, int Repositories, TimeSpan Pace, TimeSpan Outage)
{
    /// <summary>As much as the machine can take.</summary>
    public static SuiteSize Full { get; } = new(3, 2, 6, TimeSpan.Zero, TimeSpan.FromSeconds(20));

    /// <summary>Beside other tests, which need the machine, too.</summary>
    public static SuiteSize Small { get; } = new(2, 2, 2, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
}
