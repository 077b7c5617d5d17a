using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>Gives out ports on loopback, none of them twice.</summary>
internal sealed class PortChoice
{
    private readonly HashSet<int> _taken = [];

    /// <summary>The port that people type: it does not change by itself.</summary>
    /// <param name="given">The one that was asked for; 0: none.</param>
    /// <param name="last">The one of the last run; 0: any.</param>
    /// <exception cref="TrialException">It is taken by another program.</exception>
    public int ForPeople(int given, int last)
    {
        var wished = given != 0 ? given : last;
        if (wished == 0 || _taken.Contains(wished))
            return Any(0);
        if (!FreePorts.IsFree(wished))
        {
            throw new TrialException(given != 0
                ? $"port {wished} is in use by another program: choose another one with --port"
                : $"port {wished}, which the last run of this cluster had, is in use by another program: stop that, or choose another port with --port");
        }

        _taken.Add(wished);
        return wished;
    }

    /// <summary>The wished port where it is free, any free one otherwise.</summary>
    public int Any(int wished)
    {
        if (wished != 0 && FreePorts.IsFree(wished) && _taken.Add(wished))
            return wished;
        while (true)
        {
            var port = FreePorts.Find();
            if (_taken.Add(port))
                return port;
        }
    }
}
