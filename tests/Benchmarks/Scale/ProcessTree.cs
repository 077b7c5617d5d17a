using System.Globalization;

namespace Praefect.Benchmarks.Scale;

/// <summary>Processor time of a process that works through children, as Postgres does: its own, that of children which ended, and that of those which run.</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100; // USER_HZ, which Linux fixes for /proc
    private const int Parent = 1, Own = 11, OwnInKernel = 12, Ended = 13, EndedInKernel = 14;

    public static double ProcessorSeconds(int pid)
    {
        var ticks = 0d;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Fields(id) is { } fields && (id == pid || fields[Parent] == pid))
                ticks += fields[Own] + fields[OwnInKernel] + fields[Ended] + fields[EndedInKernel];
        }

        return ticks / TicksPerSecond;
    }

    // Counted from behind the program's name, which may hold blanks. Null: it ended meanwhile.
    private static double[]? Fields(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return [.. text[(text.LastIndexOf(')') + 2)..].Split(' ').Take(EndedInKernel + 1).Select(static field => double.TryParse(field, CultureInfo.InvariantCulture, out var number) ? number : 0)];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
