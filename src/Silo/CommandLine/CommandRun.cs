using System.CommandLine;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.CommandLine;

/// <summary>One run of a command: what it was given, and where it writes.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Options">The configuration, valid.</param>
/// <param name="Console">Where it reads and writes.</param>
/// <param name="Time">Clock.</param>
internal sealed record CommandRun(ParseResult Parsed, PraefectOptions Options, CommandConsole Console, TimeProvider Time)
{
    /// <summary>Standard output.</summary>
    public TextWriter Output => Console.Output;

    /// <summary>The value of a flag; its default when it was not given.</summary>
    public T? Get<T>(Option<T> flag) => Parsed.GetValue(flag);

    /// <summary>The text of a flag; empty when it was not given.</summary>
    public string Text(Option<string> flag) => Parsed.GetValue(flag) ?? "";
}
