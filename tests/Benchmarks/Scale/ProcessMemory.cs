using System.Globalization;

namespace Praefect.Benchmarks.Scale;

/// <summary>Memory that a process has in RAM, from /proc.</summary>
internal static class ProcessMemory
{
    private const string Resident = "VmRSS:";

    public static long ResidentBytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith(Resident, StringComparison.Ordinal));
        var number = line[Resident.Length..].Trim().Split(' ')[0];
        return long.Parse(number, CultureInfo.InvariantCulture) * 1024;
    }
}
