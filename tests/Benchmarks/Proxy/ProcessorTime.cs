using System.Globalization;

namespace Praefect.Benchmarks.Proxy;

/// <summary>Processor time that a process has used, from /proc: user and system, all threads.</summary>
internal static class ProcessorTime
{
    private const double TicksPerSecond = 100; // USER_HZ, which Linux fixes for /proc

    public static double Seconds(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
