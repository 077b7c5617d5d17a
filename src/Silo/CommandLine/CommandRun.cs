using System.CommandLine;
using System.Globalization;
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

    /// <summary>The number of a flag; 0 when it was not given.</summary>
    /// <exception cref="MisuseException">It is no number, or out of the range.</exception>
    public long Number(Option<string> flag, long min = long.MinValue, long max = long.MaxValue)
    {
        var text = Text(flag);
        if (text.Length == 0 && !Parsed.IsGiven(flag))
            return 0;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw MisuseException.OfValue(Flags.NameOf(flag), text, "parse error");
    }

    /// <summary>The text of a flag; empty when it was not given.</summary>
    public string Text(Option<string> flag) => Parsed.GetValue(flag) ?? "";
}
