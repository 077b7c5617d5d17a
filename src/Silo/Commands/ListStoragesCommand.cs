using System.CommandLine;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>list-storages</c>: virtual storages and their nodes as the configuration has them.</summary>
internal static class ListStoragesCommand
{
    public static Command Create(CommandFrame frame)
    {
        var name = Flags.Value<string>("virtual-storage", "Only this virtual storage");
        return frame.Create(
            "list-storages", "List virtual storages and their nodes", [name], (run, _) => RunAsync(run, run.Text(name)));
    }

    private static async Task RunAsync(CommandRun run, string name)
    {
        var rows = run.Options.VirtualStorages
            .Where(storage => name.Length == 0 || string.Equals(storage.Name, name, StringComparison.Ordinal))
            .SelectMany(storage => storage.Nodes, static (storage, node) => new[] { storage.Name, node.Storage, node.Address })
            .ToList();
        if (rows.Count == 0)
        {
            await run.Output.WriteLineAsync($"No virtual storages named {name}.");
            return;
        }

        rows.Insert(0, ["VIRTUAL_STORAGE", "NODE", "ADDRESS"]);
        var widths = Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            await run.Output.WriteLineAsync(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column]) + "\t")));
    }
}
