namespace Praefect.Cluster;

/// <summary>How large a cluster, and how hard it is worked.</summary>
/// <param name="Silos">Silos at the start; 2 or more.</param>
/// <param name="Gateways">Gateways at the start; 2 or more.</param>
/// <param name="Repositories">Repositories, each with a loop of reads and one of writes.</param>
/// <param name="Pace">Pause of a loop between two calls.</param>
internal sealed record SuiteSize(int Silos, int Gateways, int Repositories, TimeSpan Pace)
{
    /// <summary>As much as the machine can take.</summary>
    public static SuiteSize Full { get; } = new(3, 2, 6, TimeSpan.Zero);

    /// <summary>Beside other tests, which need the machine, too.</summary>
    public static SuiteSize Small { get; } = new(2, 2, 2, TimeSpan.FromMilliseconds(50));
}
