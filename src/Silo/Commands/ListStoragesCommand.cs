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

        string[] header = ["VIRTUAL_STORAGE", "NODE", "ADDRESS"];
        var widths = header.Select((title, column) => Math.Max(title.Length, rows.Max(row => row[column].Length))).ToArray();

        // To the character as Praefect has it: its header ends with a blank, its other lines with a tabulator.
        await run.Output.WriteLineAsync(string.Join('\t', header.Select((title, column) => title.PadRight(widths[column]))) + " ");
        foreach (var row in rows)
            await run.Output.WriteLineAsync(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column]) + "\t")));
    }
}
