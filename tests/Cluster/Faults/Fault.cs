using System.Collections.Immutable;

namespace Praefect.Cluster.Faults;

/// <summary>Something that can be done to a cluster, and ended.</summary>
/// <param name="Kind">What it is counted as.</param>
/// <param name="Name">What is done to which one, for messages.</param>
/// <param name="Begin">Does it; returns what became of it where that is worth telling.</param>
/// <param name="End">Ends it, and waits until what it hit serves again.</param>
internal sealed record Fault(string Kind, string Name, Func<CancellationToken, Task<string?>> Begin, Func<CancellationToken, Task> End)
{
    /// <summary>Names of processes that it stops: no two faults may stop the same one at a time, and a supervisor leaves them alone meanwhile.</summary>
    public ImmutableArray<string> Stops { get; init; } = [];

    /// <summary>Whether other things need its end to start: the database, the network, the clock.</summary>
    public bool Underlies { get; init; }

    /// <summary>Whether nothing else may happen at the same time.</summary>
    public bool Alone { get; init; }

    /// <summary>Shortest and longest time between its begin and its end, in seconds.</summary>
    public (double Shortest, double Longest) Seconds { get; init; } = (1, 6);

    /// <summary>Whether both may be there at a time.</summary>
    public bool GoesWith(Fault other) => !Alone && !other.Alone && Kind != other.Kind && !Stops.Intersect(other.Stops).Any();
}
