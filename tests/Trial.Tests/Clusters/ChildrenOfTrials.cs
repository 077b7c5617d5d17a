namespace Praefect.Trial.Tests.Clusters;

/// <summary>What a trial has started and what still runs.</summary>
internal static class ChildrenOfTrials
{
    /// <summary>Processes with a file below the folder among their arguments: the children of the trial, which itself names the folder alone.</summary>
    public static List<string> In(string folder)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (line.Contains(folder + "/", StringComparison.Ordinal))
                    found.Add(line.Replace('\0', ' '));
            }
            catch (IOException)
            {
                // Ended meanwhile.
            }
        }

        return found;
    }
}
