using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>The command line of the suite.</summary>
internal static class SuiteCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task<int> RunAsync(string[] arguments, TimeProvider time)
    {
        string? data = null;
        IReadOnlyList<string> wanted = Events.Names;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (i + 1 < arguments.Length && arguments[i] == "--data")
                data = Path.GetFullPath(arguments[++i]);
            else if (i + 1 < arguments.Length && arguments[i] == "--events")
                wanted = arguments[++i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            else
                return await UsageAsync($"{arguments[i]} is not understood");
        }

        if (wanted.FirstOrDefault(name => !Events.Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
            return await UsageAsync($"there is no event {unknown}");
        if (PostgresProcess.FindBinaries() is not { } binaries)
            return await UsageAsync("Postgres is not installed (Debian and Ubuntu: sudo apt-get install postgresql)");

        var folder = data ?? Path.Combine(Path.GetTempPath(), "cluster-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(folder);
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            await using var cluster = new ClusterProcesses(folder, binaries, time);
            var result = await new SuiteRun(cluster, SuiteSize.Full, folder, time, Console.WriteLine).RunAsync(wanted, limit.Token);
            return result.Problems.Count == 0 ? 0 : 1;
        }
        catch (ProcessFailedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            if (data is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> UsageAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"{problem}\nusage: run.sh [--data FOLDER] [--events \"NAME NAME\"]; events: {string.Join(' ', Events.Names)}");
        return 2;
    }
}
