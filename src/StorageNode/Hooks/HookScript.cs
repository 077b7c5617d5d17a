using Praefect.StorageNode.Hosting;

namespace Praefect.StorageNode.Hooks;

/// <summary>
/// The executable that git runs for reference transactions. It is a bash script because bash can open a connection by itself:
/// a hook runs twice for every reference of a push, and each further process would cost milliseconds.
/// </summary>
public static class HookScript
{
    private static readonly string? Bash = Array.Find(["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"], File.Exists);

    /// <summary>Writes the script into <paramref name="folder"/> and makes it executable.</summary>
    /// <exception cref="NodeStartException">There is no bash.</exception>
    public static async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        var bash = Bash ?? throw new NodeStartException("bash was not found: the reference-transaction hook needs it (Debian: apt-get install bash)");
        await using var resource = typeof(HookScript).Assembly.GetManifestResourceStream("reference-transaction.sh")
            ?? throw new InvalidOperationException("reference-transaction.sh is not embedded");
        using var reader = new StreamReader(resource);
        var text = await reader.ReadToEndAsync(cancellationToken);

        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "reference-transaction");
        var temporary = path + ".new";
        await File.WriteAllTextAsync(temporary, text.Replace("@BASH@", bash, StringComparison.Ordinal), cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
