using System.CommandLine;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Silo.Commands;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Wire.Processes;

namespace Praefect.Silo.CommandLine;

/// <summary>The command line of <c>praefect</c>: <c>praefect -config FILE [serve]</c>.</summary>
internal static partial class PraefectCommand
{
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

    /// <summary>Parses and runs; returns the exit status.</summary>
    public static Task<int> RunAsync(string[] arguments, TimeProvider time)
    {
        var serve = new Command("serve", "Serve (what is done without a command, too)") { Role };
        var root = new RootCommand("Praefect on Orleans: a gRPC proxy that keeps Git repositories on several Gitaly nodes.") { Config, ExitWithStdin, Role, serve };
        foreach (var command in new MigrationCommands(Config, time).All())
            root.Add(command);
        root.Add(new ValidateCommand(Console.In, Console.Out, Console.Error).Create());
        serve.SetAction((parsed, cancellationToken) => ServeAsync(parsed, time, cancellationToken));
        root.SetAction((parsed, cancellationToken) => ServeAsync(parsed, time, cancellationToken));

        // Signals are the host's to handle: it drains.
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> ServeAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Config) is not { Length: > 0 } path)
            return await FailAsync("no configuration file given: praefect -config FILE");
        LoadedConfiguration configuration;
        try
        {
            configuration = await ConfigurationFile.LoadAsync(path, time, cancellationToken, parsed.GetValue(Role));
        }
        catch (ConfigurationException e)
        {
            return await FailAsync([.. e.Problems]);
        }

        var start = time.GetTimestamp();
        try
        {
            await using var server = await PraefectServer.StartAsync(configuration, time, cancellationToken);
            var logger = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Praefect.Silo");
            foreach (var warning in configuration.Warnings)
                LogWarning(logger, warning);
            LogReady(logger, Version, configuration.Options.Silo.Role, GrainRuntimeSetup.Name, string.Join(", ", server.Addresses), time.GetElapsedTime(start).TotalMilliseconds);
            using var watch = parsed.GetValue(ExitWithStdin) ? ParentWatch.Start(server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication) : null;
            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception e) when (StartFailures.Describe(e, configuration.Options) is { } words)
        {
            return await FailAsync(words);
        }
    }

    private static string Version => typeof(PraefectCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static async Task<int> FailAsync(params string[] problems)
    {
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync($"praefect: {problem}");
        return 1;
    }

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(LogLevel.Information, "Praefect is ready: version {Version}, role {Role}, grains on {Runtime}, listening on {Addresses}, started in {Milliseconds:0} ms")]
    private static partial void LogReady(ILogger logger, string version, string role, string runtime, string addresses, double milliseconds);
}
