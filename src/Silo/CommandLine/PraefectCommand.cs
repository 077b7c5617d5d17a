using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Silo.Commands;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Wire.Processes;

namespace Praefect.Silo.CommandLine;

/// <summary>The command line of <c>praefect</c>: <c>praefect -config FILE [COMMAND] [flags]</c>.</summary>
internal static partial class PraefectCommand
{
    /// <summary>Exit status of a start without a configuration file.</summary>
    private const int NoConfiguration = 2;

    private static readonly Option<string> Config = new("-config", "--config") { Description = "Configuration file (TOML)", Recursive = true };
    private static readonly Option<bool> ExitWithStdin = new("--exit-with-stdin")
    {
        Description = "Stop when standard input closes: for a parent process that must not leave this one behind",
        Recursive = true,
    };

    private static readonly Option<string> Role = new("--role", "-role")
    {
        Description = "all (grains and gateway in one process), silo (grains only) or gateway (proxy only); wins over [silo] role",
    };

    // Relative paths start with @, which would mean a file with more arguments; and flags of one dash are no bundles of letters.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Parses and runs; returns the exit status.</summary>
    public static Task<int> RunAsync(string[] arguments, TimeProvider time, CommandConsole? console = null)
    {
        console ??= CommandConsole.OfProcess();
        // Arguments are always taken, so that the answer to superfluous ones is Praefect's.
        var (forServe, forRoot) = (Misuse.Superfluous(), Misuse.Superfluous());
        var serve = new Command("serve", "Serve (what is done without a command, too)") { Role, forServe };
        var root = new RootCommand("Praefect on Orleans: a gRPC proxy that keeps Git repositories on several Gitaly nodes.") { Config, ExitWithStdin, Role, serve, forRoot };
        ShowVersionAsPraefect(root, console);
        ShowHelpAsPraefect(root);
        foreach (var command in AllCommands.Create(new CommandFrame(Config, console, time), time))
            root.Add(command);
        serve.SetAction((parsed, cancellationToken) => ServeAsync(parsed, forServe, time, console, cancellationToken));
        root.SetAction((parsed, cancellationToken) => ServeAsync(parsed, forRoot, time, console, cancellationToken));

        // Signals are the host's to handle: it drains. A command is ended by them as any program is.
        return root.Parse(arguments, Parsing)
            .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, Output = console.Output, Error = console.Errors });
    }

    private static void ShowVersionAsPraefect(RootCommand root, CommandConsole console)
    {
        var version = root.Options.OfType<VersionOption>().First();
        root.Options.Remove(version);
        root.Options.Add(new VersionOption("--version", "-version") { Action = new VersionAction(console) });
    }

    private static void ShowHelpAsPraefect(RootCommand root)
    {
        root.Options.Remove(root.Options.OfType<HelpOption>().First());
        root.Options.Add(new HelpOption("--help", "-help", "-h") { Recursive = true });
    }

    private static async Task<int> ServeAsync(
        ParseResult parsed, Argument<string[]> superfluous, TimeProvider time, CommandConsole console, CancellationToken cancellationToken)
    {
        var command = parsed.CommandResult.Command;
        var arguments = parsed.GetValue(superfluous) ?? [];
        if (Misuse.UnknownFlag(arguments) is { } unknown)
            return await Misuse.AnswerAsync(command, console, unknown, cancellationToken);
        if (arguments.Length > 0)
        {
            await console.Errors.WriteLineAsync(Misuse.Unwanted(command));
            return 1;
        }

        if (parsed.GetValue(Config) is not { Length: > 0 } path)
        {
            await Misuse.AnswerAsync(command, console, new MisuseException("Required flag \"config\" not set"), cancellationToken);
            return NoConfiguration;
        }

        // Nothing depends on it: a start that fails does not wait for it.
        var early = EarlySerializer.BeginAsync();
        LoadedConfiguration configuration;
        try
        {
            configuration = await ConfigurationFile.LoadAsync(path, time, cancellationToken, parsed.GetValue(Role));
        }
        catch (ConfigurationException e)
        {
            return await FailAsync(console, [.. e.Problems]);
        }

        var start = time.GetTimestamp();
        using var forced = ForcedStop.Watch(signal =>
        {
            console.Errors.WriteLine($"praefect: received signal \"{signal}\" again: force shutdown");
            Environment.Exit(1);
        });
        try
        {
            await using var server = await PraefectServer.StartAsync(configuration, time, cancellationToken);
            await early;
            var logger = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Praefect.Silo");
            foreach (var warning in configuration.Warnings)
                LogWarning(logger, warning);
            LogReady(logger, Version, configuration.Options.Silo.Role, string.Join(", ", server.Addresses), time.GetElapsedTime(start).TotalMilliseconds);
            using var watch = parsed.GetValue(ExitWithStdin) ? ParentWatch.Start(server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication) : null;
            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception e) when (StartFailures.Describe(e, configuration.Options) is { } words)
        {
            return await FailAsync(console, words);
        }
    }

    private static string Version => typeof(PraefectCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static async Task<int> FailAsync(CommandConsole console, params string[] problems)
    {
        foreach (var problem in problems)
            await console.Errors.WriteLineAsync($"praefect: {problem}");
        return 1;
    }

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(LogLevel.Information, "Praefect is ready: version {Version}, role {Role}, listening on {Addresses}, started in {Milliseconds:0} ms")]
    private static partial void LogReady(ILogger logger, string version, string role, string addresses, double milliseconds);

    private sealed class VersionAction(CommandConsole console) : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            console.Output.WriteLine($"Praefect, version {Version}");
            return 0;
        }
    }
}
