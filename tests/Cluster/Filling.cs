using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Cluster;

/// <summary>Makes commits and pushes them into new repositories, by people's way in.</summary>
internal sealed class Filling(ImmutableArray<int> gitPorts, string folder, TimeProvider time, Action<string> say)
{
    private const int PushAttempts = 5;
    private readonly GitClient _git = new(time);

    /// <summary>Relative path of a repository of the load.</summary>
    public static string PathOf(int repository) => string.Create(CultureInfo.InvariantCulture, $"load-{repository}.git");

    /// <returns>The commits, which all repositories have.</returns>
    /// <exception cref="ProcessFailedException">A push failed again and again.</exception>
    public async Task<ImmutableArray<string>> FillAsync(int repositories, int commits, CancellationToken cancellationToken)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        await _git.DoAsync(work, cancellationToken, "init", "-q");
        await _git.FeedAsync(work, (stream, token) => stream.WriteAsync(History(commits), token).AsTask(), cancellationToken, "fast-import", "--quiet");
        for (var repository = 0; repository < repositories; repository++)
        {
            var url = $"http://127.0.0.1:{gitPorts[repository % gitPorts.Length]}/{ClusterProcesses.VirtualStorage}/{PathOf(repository)}";
            await PushAsync(work, url, repository, cancellationToken);
        }

        return [.. (await _git.DoAsync(work, cancellationToken, "rev-list", "main")).Split('\n')];
    }

    private static byte[] History(int commits)
    {
        var text = new StringBuilder();
        for (var i = 0; i < commits; i++)
            text.Append(CultureInfo.InvariantCulture, $"commit refs/heads/main\ncommitter Load <load@example.invalid> {i} +0000\ndata 1\n.\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // The first calls of fresh processes on a busy machine may take longer than a connection has.
    private async Task PushAsync(string work, string url, int repository, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = await _git.TryAsync(work, cancellationToken, "push", "-q", url, "main:refs/heads/main", $"main:{ReplicaCheck.Marker(repository)}");
            if (result.Ok)
                return;
            say($"filling repository {repository}, attempt {attempt}: {result.Reason}");
            if (attempt == PushAttempts)
                throw new ProcessFailedException($"repository {repository} could not be filled: {result.Errors}");
        }
    }
}
