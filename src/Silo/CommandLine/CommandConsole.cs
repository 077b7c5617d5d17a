namespace Praefect.Silo.CommandLine;

/// <summary>Where a command reads and writes.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output: what was asked for.</param>
/// <param name="Errors">Standard error: why it failed, and progress.</param>
/// <param name="Interactive">A person watches: progress may be drawn.</param>
internal sealed record CommandConsole(TextReader Input, TextWriter Output, TextWriter Errors, bool Interactive)
{
    /// <summary>The process' own.</summary>
    public static CommandConsole OfProcess() => new(Console.In, Console.Out, Console.Error, !Console.IsErrorRedirected && !Console.IsOutputRedirected);
}
