using System.CommandLine;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Commands;

/// <summary><c>dial-nodes</c>: whether every node can be reached and is what the configuration says.</summary>
internal static class DialNodesCommand
{
    public static Command Create(CommandFrame frame)
    {
        var timeout = Flags.Value("timeout", "How long each node may take, for example 5s; 0: 10s", "0s");
        return frame.Create("dial-nodes", "Check connections to the storage nodes", [timeout], (run, cancellationToken) => RunAsync(run, run.Text(timeout), cancellationToken));
    }

    private static async Task RunAsync(CommandRun run, string timeout, CancellationToken cancellationToken)
    {
        if (!GoDuration.TryParse(timeout, out var limit) || limit < TimeSpan.Zero)
            throw MisuseException.OfValue("timeout", timeout, "give a time such as 5s or 1m");
        var bad = await NodeCheck.RunAsync(run, limit == TimeSpan.Zero ? NodeCheck.DefaultTimeout : limit, run.Output, cancellationToken);
        if (bad.Length > 0)
            throw new CommandException($"the following nodes are not healthy: {string.Join(", ", bad)}");
    }
}
