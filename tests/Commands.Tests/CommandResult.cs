using Praefect.Silo.CommandLine;

namespace Praefect.Commands.Tests;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record CommandResult(int Code, string Output, string Errors)
{
    /// <summary>Runs a command line in this process.</summary>
    public static async Task<CommandResult> OfAsync(params string[] arguments)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var errors = new StringWriter { NewLine = "\n" };
        var code = await PraefectCommand.RunAsync(arguments, TimeProvider.System, new CommandConsole(TextReader.Null, output, errors, Interactive: false));
        return new CommandResult(code, output.ToString(), errors.ToString());
    }
}
