namespace Praefect.Trial.Smoke;

/// <summary>The history of the checkout that this program was built from.</summary>
internal static class ProjectHistory
{
    /// <summary>What to push so that all of it gets there.</summary>
    /// <returns>Refspecs, or null when the folder is no checkout.</returns>
    public static async Task<string[]?> RefspecsAsync(GitClient git, string folder, SmokeReport report, CancellationToken cancellationToken)
    {
        var inside = await git.TryAsync(folder, cancellationToken, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
        if (!inside.Ok)
            return null;
        var shallow = await git.DoAsync(folder, cancellationToken, "rev-parse", "--is-shallow-repository");
        if (string.Equals(shallow, "true", StringComparison.Ordinal))
        {
            // No server takes a push that starts in the middle of a history.
            report.Say("this checkout is shallow: its files are pushed as one commit instead of their history");
            var commit = await git.DoAsync(folder, cancellationToken, "commit-tree", "HEAD^{tree}", "-m", "All files of a shallow checkout");
            return [$"{commit}:refs/heads/main"];
        }

        return ["HEAD:refs/heads/main", "refs/heads/*:refs/heads/local/*", "refs/tags/*:refs/tags/*"];
    }
}
