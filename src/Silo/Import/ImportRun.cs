using System.Globalization;
using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Commands;
using Praefect.Wire.Protos.Operations;
using Outcome = Praefect.Wire.Protos.Operations.ImportRepositoriesResponse.Types.Outcome;

namespace Praefect.Silo.Import;

/// <summary>One run of <c>import</c>: says what is there, hands it to the running praefect page by page, and says what came of it.</summary>
internal sealed class ImportRun(CommandRun run, PraefectDatabase database, ServerConnection server, bool apply)
{
    private const int PageSize = 500;

    /// <summary>Conflicts that are printed; those beyond are counted.</summary>
    private const int PrintedMax = 100;

    private readonly Dictionary<Outcome, long> _outcomes = [];
    private long _done;

    /// <summary>Imports, or says what would be imported.</summary>
    /// <exception cref="CommandException">A Praefect still works on the database, or not everything was imported.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await database.CheckAsync(cancellationToken);
        await RefuseWhileRunningAsync(cancellationToken);
        var (names, all) = await DescribeAsync(cancellationToken);
        var highest = await database.HighestIdAsync(cancellationToken);
        if (apply && highest > 0)
        {
            await server.CallAsync(
                OperationMethods.RaiseRepositoryId, new RaiseRepositoryIdRequest { HighestTaken = highest }, RaiseRepositoryIdResponse.Parser, cancellationToken);
        }

        using (var progress = new ProgressLine(run.Console, run.Time, apply ? "imported" : "checked"))
        {
            await foreach (var page in database.PagesAsync(names, PageSize, cancellationToken))
            {
                await HandOverAsync(page, progress, cancellationToken);
                progress.Report(_done, all);
            }
        }

        await ConcludeAsync();
    }

    // Two that write to the same nodes would each miss what the other did.
    private async Task RefuseWhileRunningAsync(CancellationToken cancellationToken)
    {
        var running = await database.RunningAsync(cancellationToken);
        if (running.Count == 0)
            return;
        var words = $"still working on the database: Praefect {string.Join(", ", running)}";
        if (apply)
            throw new CommandException($"{words}. Stop it, wait ten seconds, and import again: what it changes from now on would be missing.");
        await run.Output.WriteLineAsync($"Note: {words}. It must be stopped before -apply.");
    }

    private async Task<(List<string> Names, long Repositories)> DescribeAsync(CancellationToken cancellationToken)
    {
        var counts = await database.CountAsync(cancellationToken);
        foreach (var count in counts)
        {
            await SayAsync($"Virtual storage \"{count.Name}\": {count.Repositories} repositories, {count.Replicas} replicas, {count.Assigned} repositories with explicit assignments");
            if (!run.Options.VirtualStorages.Any(storage => storage.Name == count.Name))
                await run.Output.WriteLineAsync("  not configured here: left out");
        }

        foreach (var (virtualStorage, storage, replicas) in await database.StoragesAsync(cancellationToken))
        {
            if (run.Options.VirtualStorages.FirstOrDefault(one => one.Name == virtualStorage) is { } known && known.Nodes.All(node => node.Storage != storage))
                await SayAsync($"  storage \"{storage}\" of \"{virtualStorage}\" is not configured here: its {replicas} replicas are recorded, and never read or written");
        }

        foreach (var (change, state, jobs) in await database.JobsAsync(cancellationToken))
        {
            var meaning = change switch
            {
                "update" => "not needed: what is behind shows in the generations and is copied again",
                "delete_replica" or "delete" => "not done any more: what it would have deleted may stay on the disk and is listed by list-untracked-repositories",
                _ => "not needed",
            };
            await SayAsync($"Replication queue: {jobs} {change} jobs in state {state}: {meaning}");
        }

        var names = counts.Where(count => run.Options.VirtualStorages.Any(storage => storage.Name == count.Name)).ToList();
        return ([.. names.Select(static count => count.Name)], names.Sum(static count => count.Repositories));
    }

    private async Task HandOverAsync(List<RepositoryRecord> page, ProgressLine progress, CancellationToken cancellationToken)
    {
        var request = new ImportRepositoriesRequest { DryRun = !apply };
        request.Repositories.AddRange(page);
        var answer = await server.CallAsync(OperationMethods.ImportRepositories, request, ImportRepositoriesResponse.Parser, cancellationToken);
        foreach (var (record, result) in page.Zip(answer.Results))
        {
            _done++;
            _outcomes[result.Outcome] = Count(result.Outcome) + 1;
            if (result.Outcome is Outcome.Imported or Outcome.Present || Count(Outcome.Conflict) + Count(Outcome.Refused) > PrintedMax)
                continue;
            progress.Clear();
            var word = result.Outcome == Outcome.Conflict ? "conflict" : "refused";
            await SayAsync($"{word}: \"{record.VirtualStorage}\"/\"{record.RelativePath}\" (id {record.RepositoryId}): {result.Reason}");
        }
    }

    private async Task ConcludeAsync()
    {
        await SayAsync($"{(apply ? "Imported" : "Would be imported")}: {Count(Outcome.Imported)}");
        await SayAsync($"Imported before: {Count(Outcome.Present)}");
        await SayAsync($"Conflicts: {Count(Outcome.Conflict)}");
        await SayAsync($"Refused: {Count(Outcome.Refused)}");
        var left = Count(Outcome.Conflict) + Count(Outcome.Refused);
        if (!apply)
            await run.Output.WriteLineAsync("Nothing was changed. Run it again with -apply to import.");
        if (left > 0)
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"{left} repositories {(apply ? "were" : "would be")} left out"));
    }

    private long Count(Outcome outcome) => _outcomes.GetValueOrDefault(outcome);

    private Task SayAsync(FormattableString text) => run.Output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture));
}
