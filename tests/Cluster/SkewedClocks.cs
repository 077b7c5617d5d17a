using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Cluster;

/// <summary>
/// Wrong clocks for processes, by libfaketime: it puts itself before the system's clock of the day and adds what a file of that process says, which may change while
/// it runs. What measures lengths of time stays right, as on a machine whose clock somebody has set.
/// </summary>
internal sealed class SkewedClocks(string folder, string library)
{
    /// <summary>What is said where there is no such library.</summary>
    public const string Missing = "clock skew is left out: libfaketime is not installed (Debian and Ubuntu: sudo apt-get install faketime)";

    // It looks into the file again that often.
    private const string ReadAgainSeconds = "1";

    /// <summary>The clocks of a run; null: libfaketime is not installed.</summary>
    public static SkewedClocks? Find(string folder)
    {
        string[] roots = ["/usr/lib", "/usr/local/lib"];
        var library = roots.Where(Directory.Exists)
            .SelectMany(static root => Directory.EnumerateDirectories(root).Append(root))
            .Select(static parent => Path.Combine(parent, "faketime", "libfaketimeMT.so.1"))
            .FirstOrDefault(File.Exists);
        return library is null ? null : new SkewedClocks(Directory.CreateDirectory(Path.Combine(folder, "clocks")).FullName, library);
    }

    /// <summary>What a process has to be started with for its clock to be in our hands. It is right at first.</summary>
    public ImmutableDictionary<string, string> EnvironmentOf(string name)
    {
        Set(name, TimeSpan.Zero);
        return ImmutableDictionary<string, string>.Empty
            .Add("LD_PRELOAD", library)
            .Add("FAKETIME_TIMESTAMP_FILE", FileOf(name))
            .Add("FAKETIME_CACHE_DURATION", ReadAgainSeconds)
            .Add("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            // Its remedy for an old C library takes every wait of .NET's for one that is over: each thread that waits with a limit spins, and two cores are full.
            .Add("FAKETIME_FORCE_MONOTONIC_FIX", "0");
    }

    /// <summary>Sets a process's clock to so much before or after the time; it jumps there within a second.</summary>
    public void Set(string name, TimeSpan skew)
    {
        // It must never be seen half written.
        var next = FileOf(name) + ".next";
        File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{skew.TotalSeconds:+0;-0;+0}\n"));
        File.Move(next, FileOf(name), overwrite: true);
    }

    private string FileOf(string name) => Path.Combine(folder, name);
}
