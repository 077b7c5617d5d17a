using System.CommandLine;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.Configuration;
using Praefect.Wire.Grpc;

namespace Praefect.Silo.CommandLine;

/// <summary>What all commands but <c>serve</c> have in common: flags that must be there, the configuration file, errors in words, exit status 1.</summary>
/// <param name="config">The flag with the configuration file.</param>
/// <param name="console">Where commands read and write.</param>
/// <param name="time">Their clock.</param>
internal sealed class CommandFrame(Option<string> config, CommandConsole console, TimeProvider time)
{
    /// <summary>Where commands read and write.</summary>
    public CommandConsole Console => console;

    /// <summary>A command.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="description">For its help.</param>
    /// <param name="flags">All its flags.</param>
    /// <param name="run">What it does. Throws <see cref="CommandException"/> for exit status 1.</param>
    /// <param name="required">Those of the flags that must be given.</param>
    /// <param name="arguments">What takes arguments that are no flags; null: there may be none.</param>
    public Command Create(
        string name, string description, IReadOnlyList<Option> flags, Func<CommandRun, CancellationToken, Task> run, IReadOnlyList<Option>? required = null,
        Argument<string[]>? arguments = null)
    {
        var taken = arguments ?? Misuse.Superfluous();
        var command = new Command(name, description) { taken };
        foreach (var flag in flags)
            command.Add(flag);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                if (Find(parsed, parsed.GetValue(taken) ?? [], arguments is null, required ?? []) is { } misuse)
                    throw misuse;
                return await RunAsync(parsed, run, cancellationToken);
            }
            catch (MisuseException e)
            {
                return await Misuse.AnswerAsync(command, console, e, cancellationToken);
            }
        });
        return command;
    }

    private static MisuseException? Find(ParseResult parsed, string[] arguments, bool none, IReadOnlyList<Option> required)
    {
        if (Misuse.UnknownFlag(arguments) is { } unknown)
            return unknown;
        // Praefect looks for the flags first, and takes the first argument for the command whose help to show: there is none.
        if (Misuse.Missing(parsed, required) is { } missing)
            return arguments.Length > 0 ? missing.WithoutHelp() : missing;
        return none && arguments.Length > 0 ? new MisuseException(Misuse.Unwanted(parsed.CommandResult.Command)) : null;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandRun, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            var path = parsed.GetValue(config) is { Length: > 0 } given
                ? given
                : throw new ConfigurationException("no configuration file given: praefect -config FILE COMMAND");
            var options = (await ConfigurationFile.LoadAsync(path, time, cancellationToken)).Options;
            await run(new CommandRun(parsed, options, console, time), cancellationToken);
            return 0;
        }
        catch (ConfigurationException e)
        {
            return await FailAsync([.. e.Problems]);
        }
        catch (Exception e) when (e is CommandException and not MisuseException or DatabaseSchemaException or NpgsqlException)
        {
            return e is PostgresException { Hint: { } hint } ? await FailAsync(e.Message, hint) : await FailAsync(e.Message);
        }
        catch (GrpcException e)
        {
            return await FailAsync(e.InWords());
        }
    }

    private async Task<int> FailAsync(params string[] problems)
    {
        await console.Output.FlushAsync();
        foreach (var problem in problems)
            await console.Errors.WriteLineAsync(problem);
        return 1;
    }
}
