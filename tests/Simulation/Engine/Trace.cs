using System.Globalization;

namespace Praefect.Simulation.Engine;

/// <summary>What happened, line by line: written where that is wanted, and hashed always, so that two runs can be compared.</summary>
internal sealed class Trace(TextWriter? output)
{
    private ulong _hash = 14695981039346656037;

    public Func<TimeSpan> Clock { get; set; } = () => TimeSpan.Zero;

    /// <summary>Stands for everything that was added, in its order.</summary>
    public ulong Hash => _hash;

    public void Add(string who, string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{Clock().TotalSeconds,11:F6}  {who,-10} {what}");
        foreach (var c in line)
            _hash = (_hash ^ c) * 1099511628211;
        output?.WriteLine(line);
    }
}
