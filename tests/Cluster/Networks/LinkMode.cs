namespace Praefect.Cluster.Networks;

/// <summary>What happens to what two processes send each other.</summary>
internal enum LinkMode
{
    /// <summary>It arrives.</summary>
    Pass,

    /// <summary>It does not arrive, and nobody is told: connections stay open and silent, and new ones are taken and stay silent. What was sent arrives when this ends.</summary>
    Cut,

    /// <summary>Connections break at once, and so do new ones.</summary>
    Reset,

    /// <summary>It arrives late.</summary>
    Slow,
}
