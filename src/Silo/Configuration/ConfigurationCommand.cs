using System.ComponentModel;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Praefect.Silo.Configuration;

/// <summary>Runs the executable of <c>config_command</c>.</summary>
internal static class ConfigurationCommand
{
    private const string Prefix = ConfigurationFile.ReadingPrefix + "running config command: ";
    private const int NoSuchFile = 2;
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How long the command may take.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(30);

    /// <summary>Standard output of the command, which is started without a shell and without arguments.</summary>
    /// <exception cref="ConfigurationException">It could not be started, took too long or ended with an error.</exception>
    public static async Task<string> RunAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        using var bounded = new CancellationTokenSource(TimeMax, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(bounded.Token, cancellationToken);
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            process.Start();
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(linked.Token);
            var errors = process.StandardError.ReadToEndAsync(linked.Token);
            await process.WaitForExitAsync(linked.Token);
            return process.ExitCode == 0
                ? await output
                : throw new ConfigurationException($"{Prefix}exit status {process.ExitCode}, stderr: {Quoted(await errors)}");
        }
        catch (Win32Exception e)
        {
            var reason = e.NativeErrorCode == NoSuchFile ? "no such file or directory" : e.Message;
            throw new ConfigurationException($"{Prefix}fork/exec {path}: {reason}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new ConfigurationException($"{Prefix}not finished after {TimeMax.TotalSeconds:0} s");
        }
    }

    // In one line, whatever it is.
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Unescaped);
}
