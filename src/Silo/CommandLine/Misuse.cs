using System.CommandLine;

namespace Praefect.Silo.CommandLine;

/// <summary>What is wrong with a command line, and the answer to it: help on standard output, the reason on standard error, as Praefect has it.</summary>
internal static class Misuse
{
    /// <summary>Takes whatever is too much, so that the answer to it is ours.</summary>
    public static Argument<string[]> Superfluous() => new("arguments") { Hidden = true, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>The first flag that nobody knows: it is among the arguments.</summary>
    public static MisuseException? UnknownFlag(string[] arguments) =>
        arguments.FirstOrDefault(static argument => argument.Length > 1 && argument[0] == '-') is { } unknown
            ? MisuseException.OfUnknown(unknown.TrimStart('-').Split('=')[0])
            : null;

    /// <summary>The words for arguments of a command that takes none.</summary>
    public static string Unwanted(Command command) => $"{(command is RootCommand ? "praefect" : command.Name)} doesn't accept positional arguments";

    /// <summary>The flags of these that are not there.</summary>
    public static MisuseException? Missing(ParseResult parsed, IReadOnlyList<Option> required)
    {
        var missing = required.Where(flag => !parsed.IsGiven(flag)).Select(Flags.NameOf).ToList();
        return missing.Count == 0 ? null : new MisuseException($"Required flag{(missing.Count > 1 ? "s" : "")} \"{string.Join(", ", missing)}\" not set");
    }

    /// <summary>Answers.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> AnswerAsync(Command command, CommandConsole console, MisuseException misuse, CancellationToken cancellationToken)
    {
        if (misuse.OfFlag)
            await console.Output.WriteLineAsync($"Incorrect Usage: {misuse.Message}\n");
        if (misuse.ShowsHelp)
            await ShowHelpAsync(command, console, cancellationToken);
        await console.Errors.WriteLineAsync(misuse.Message);
        return 1;
    }

    /// <summary>A command's help.</summary>
    public static Task ShowHelpAsync(Command command, CommandConsole console, CancellationToken cancellationToken) =>
        command.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = console.Output, Error = console.Errors }, cancellationToken);
}
