using System.Text;

namespace Praefect.Silo.Logging;

/// <summary>Standard output that takes a line at once. The console's own writer hands 256 characters at a time to the system, so a line of the access log would cost four calls.</summary>
internal static class WholeLines
{
    // Longer than any usual line; what is longer takes more calls.
    private const int Characters = 8 * 1024;

    /// <summary>Makes <see cref="Console.Out"/> that, for the rest of the process.</summary>
    public static void OnStandardOutput() => Console.SetOut(Writer(Console.OpenStandardOutput()));

    /// <summary>A writer that gives each write on in one piece.</summary>
    internal static StreamWriter Writer(Stream output) => new(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Characters) { AutoFlush = true };
}
