using System.Collections.Immutable;

namespace Praefect.Trial.Processes;

/// <summary>
/// Starts programs in a session of their own. Ctrl-C at a terminal reaches every process of its session: a database would stop ahead of its clients, and a praefect
/// would take the request to stop that follows for a second one, which it obeys without finishing anything.
/// </summary>
internal static class OwnSession
{
    // Where there is none (macOS), Ctrl-C reaches everybody.
    private static readonly string? Program = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    /// <summary>The command as it is to be started; the process has the same id as without.</summary>
    public static ImmutableArray<string> Of(ImmutableArray<string> command) => Program is null ? command : [Program, .. command];
}
