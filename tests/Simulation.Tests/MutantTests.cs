using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Praefect.Simulation.Tests;

/// <summary>The patches of <c>tests/Simulation/mutants.sh</c>: whoever changes a line that one of them is about learns it here, and not only when all are run.</summary>
public sealed partial class MutantTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));
    private static readonly string s_folder = Path.Combine(s_root, "tests", "Simulation", "Mutants");

    public static TheoryData<string> Mutants => [.. Directory.GetFiles(s_folder, "*.patch").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Mutants))]
    public async Task A_mutant_applies_to_the_sources(string name)
    {
        var start = new ProcessStartInfo("git", ["apply", "--check", PathOf(name)]) { WorkingDirectory = s_root, UseShellExecute = false, RedirectStandardError = true };
        using var git = Process.Start(start) ?? throw new InvalidOperationException("git did not start");
        var error = await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();

        Assert.True(git.ExitCode == 0, $"{name} does not apply any more; put its mistake into the sources as they are now:\n{error}");
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public async Task A_mutant_says_what_it_breaks_and_changes_nothing_but_the_product(string name)
    {
        var lines = await File.ReadAllLinesAsync(PathOf(name));
        var fields = lines.TakeWhile(static line => line.Length > 0).Select(static line => line.Split(": ", 2)).ToDictionary(static field => field[0], static field => field[1], StringComparer.Ordinal);

        Assert.EndsWith(".", fields["Breaks"], StringComparison.Ordinal);
        Assert.EndsWith(".", fields["Guarantee"], StringComparison.Ordinal);
        Assert.Empty(fields.Keys.Except(["Breaks", "Guarantee", "Seeds", "Tests"], StringComparer.Ordinal));
        var seeds = fields.TryGetValue("Seeds", out var number) ? int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture) : 1;
        Assert.True(seeds > 0 || fields.GetValueOrDefault("Tests") != "none", "neither seeds nor tests are to catch it");
        var changed = lines.Where(static line => line.StartsWith("+++ ", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(changed);
        Assert.All(changed, static line => Assert.StartsWith("+++ b/src/", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_bug_of_the_track_record_has_its_mutant()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(s_root, "docs", "track-record.md"));
        var bugs = lines.SkipWhile(static line => !line.StartsWith("|---", StringComparison.Ordinal)).Skip(1).TakeWhile(static line => line.StartsWith('|')).ToArray();

        Assert.NotEmpty(bugs);
        Assert.All(bugs, static bug => Assert.Contains(Quoted().Matches(bug.Split('|')[^2]), static name => File.Exists(PathOf(name.Groups["name"].Value))));
    }

    private static string PathOf(string name) => Path.Combine(s_folder, $"{name}.patch");

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("`(?<name>[a-z-]+)`", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();
}
