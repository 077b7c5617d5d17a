using System.CommandLine;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Grpc;

namespace Praefect.Silo.Commands;

/// <summary><c>check</c>: whether everything that praefect needs is in order.</summary>
internal static class CheckCommand
{
    private static readonly TimeSpan LimitEach = TimeSpan.FromSeconds(5);

    public static Command Create(CommandFrame frame)
    {
        var quiet = new Option<bool>("-q", "--q") { Description = "One line for each check" };
        return frame.Create("check", "Check that everything praefect needs is in order", [quiet], (run, cancellationToken) => RunAsync(run, run.Get(quiet), cancellationToken));
    }

    private static async Task RunAsync(CommandRun run, bool quiet, CancellationToken cancellationToken)
    {
        var failed = new List<StartupCheck>();
        foreach (var check in StartupChecks.All)
        {
            if (quiet)
                await run.Output.WriteAsync($"Checking {check.Name}...");
            else
                await run.Output.WriteLineAsync($"Checking {check.Name} - {check.Description} [{check.Severity}]");
            var problem = await FindProblemAsync(run, check, quiet ? TextWriter.Null : run.Output, cancellationToken);
            await run.Output.WriteLineAsync(problem is null ? "Passed" : $"Failed ({check.Severity}) error: {problem}");
            if (problem is not null)
                failed.Add(check);
        }

        await run.Output.WriteLineAsync();
        var fatal = failed.Any(static check => check.IsFatal);
        await run.Output.WriteLineAsync(failed.Count == 0
            ? "All checks passed."
            : $"{failed.Count} check(s) failed, {(fatal ? "at least one was fatal" : "but none are fatal")}.");
        if (fatal)
            throw new CommandException("checks failed");
    }

    private static async Task<string?> FindProblemAsync(CommandRun run, StartupCheck check, TextWriter details, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LimitEach, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await check.RunAsync(run, details, either.Token);
            return null;
        }
        catch (GrpcException e)
        {
            return e.InWords();
        }
        catch (Exception e) when (e is CommandException or NpgsqlException or DatabaseSchemaException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return $"not done after {LimitEach.TotalSeconds:0} s";
        }
    }
}
