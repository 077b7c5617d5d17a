using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary>A line of the file that cannot be used.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="RelativePath">What it says.</param>
/// <param name="ReplicaPath">What it says.</param>
/// <param name="Reasons">Why not.</param>
internal sealed record TrackingMistake(int Line, string RelativePath, string ReplicaPath, ImmutableArray<string> Reasons);

/// <summary>The repositories that a file names, and what is wrong with it.</summary>
/// <param name="Repositories">In the file's order.</param>
/// <param name="Mistakes">Nothing may be tracked while there is one.</param>
internal sealed record TrackingFile(List<RepositoryToTrack> Repositories, List<TrackingMistake> Mistakes)
{
    // As Go reads JSON.
    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Checks a file: each line by itself, against the records, against the disk, and against the other lines.</summary>
    /// <exception cref="CommandException">No praefect answers.</exception>
    public static async Task<TrackingFile> CheckAsync(CommandRun run, ServerConnection server, string[] texts, CancellationToken cancellationToken)
    {
        var file = new TrackingFile([], []);
        var lines = new Dictionary<(string VirtualStorage, string RelativePath), List<int>>();
        using var progress = new ProgressLine(run.Console, run.Time, "lines checked");
        var number = 0;
        foreach (var text in texts)
        {
            number++;
            var entry = Parse(text, out var reasons);
            if (reasons.Length == 0)
            {
                var repository = new RepositoryToTrack(entry.VirtualStorage!, entry.RelativePath!, entry.ReplicaPath!, entry.AuthoritativeStorage!);
                reasons = [.. await FindMistakesAsync(run, server, repository, cancellationToken)];
                file.Repositories.Add(repository);
                lines.TryAdd((repository.VirtualStorage, repository.RelativePath), []);
                lines[(repository.VirtualStorage, repository.RelativePath)].Add(number);
            }

            if (reasons.Length > 0)
                file.Mistakes.Add(new TrackingMistake(number, entry.RelativePath ?? "", entry.ReplicaPath ?? "", reasons));
            progress.Report(number, all: null);
        }

        foreach (var (key, twice) in lines.Where(static pair => pair.Value.Count > 1))
        {
            var last = file.Repositories.FindLast(one => (one.VirtualStorage, one.RelativePath) == key)!;
            file.Mistakes.Add(new TrackingMistake(twice[^1], last.RelativePath, last.ReplicaPath, [$"duplicate entries for relative_path, line [{string.Join(' ', twice)}]"]));
        }

        return file;
    }

    /// <summary>The lines of a file.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public static async Task<string[]> LinesAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllLinesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message;
            throw new CommandException($"open input: open {path}: {reason}", e);
        }
    }

    private static Entry Parse(string line, out ImmutableArray<string> reasons)
    {
        Entry entry;
        try
        {
            entry = JsonSerializer.Deserialize<Entry>(line, AnyCase) ?? new Entry();
        }
        catch (JsonException)
        {
            reasons = ["not a JSON object with relative_path, replica_path, virtual_storage and authoritative_storage"];
            return new Entry();
        }

        reasons =
        [
            .. new[]
            {
                ("relative-path", entry.RelativePath), ("replica-path", entry.ReplicaPath), ("virtual-storage", entry.VirtualStorage),
                ("authoritative-storage", entry.AuthoritativeStorage),
            }.Where(static pair => string.IsNullOrEmpty(pair.Item2)).Select(static pair => $"\"{pair.Item1}\" is a required parameter"),
        ];
        return entry;
    }

    private static async Task<List<string>> FindMistakesAsync(CommandRun run, ServerConnection server, RepositoryToTrack repository, CancellationToken cancellationToken)
    {
        var reasons = new List<string>();
        var request = new RepositoryExistsRequest { Repository = new Repository { StorageName = repository.VirtualStorage, RelativePath = repository.RelativePath } };
        if ((await server.CallAsync(Methods.Repository.RepositoryExists, request, RepositoryExistsResponse.Parser, cancellationToken)).Exists)
            reasons.Add("repository is already tracked by Praefect");
        try
        {
            if (!await Tracking.IsOnDiskAsync(run, repository, cancellationToken))
                reasons.Add("not a valid git repository");
        }
        catch (CommandException e)
        {
            reasons.Add($"checking repository on disk: {e.Message}");
        }

        return reasons;
    }

    private sealed record Entry
    {
        [JsonPropertyName("relative_path")]
        public string? RelativePath { get; init; }

        [JsonPropertyName("replica_path")]
        public string? ReplicaPath { get; init; }

        [JsonPropertyName("virtual_storage")]
        public string? VirtualStorage { get; init; }

        [JsonPropertyName("authoritative_storage")]
        public string? AuthoritativeStorage { get; init; }
    }
}
