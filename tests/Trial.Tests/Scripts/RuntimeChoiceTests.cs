using Praefect.Trial.Processes;

namespace Praefect.Trial.Tests.Scripts;

/// <summary>Which grain runtime is built where the Orleans packages are neither in the cache nor to be had.</summary>
public sealed class RuntimeChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-runtime-").FullName;

    [Fact]
    public async Task The_scripts_say_embedded_in_one_line_and_go_on()
    {
        var (code, output) = await ChooseAsync(NoOrleans());

        Assert.Equal(0, code);
        Assert.Equal(
            """
            looking for the Orleans packages
            grain runtime: Embedded (the Orleans packages do not restore here: all grains live in one process, and there are no clusters)
            chosen: Embedded
            """,
            output);
    }

    [Fact]
    public async Task A_source_that_failed_is_not_asked_again_the_same_day()
    {
        await ChooseAsync(NoOrleans());
        var (code, output) = await ChooseAsync(NoOrleans());

        Assert.Equal(0, code);
        Assert.DoesNotContain("looking for", output, StringComparison.Ordinal);
        Assert.Contains("chosen: Embedded", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_without_the_packages_in_its_cache_takes_embedded()
    {
        var (code, output) = await Shell.RunAsync(
            NoOrleans(), "-c", "exec \"$0\" msbuild \"$1\" -getProperty:GrainRuntime -nologo", DotnetHost.Path, Path.Combine(Shell.Root, "src/Grains/Praefect.Grains.csproj"));

        Assert.Equal((0, "Embedded"), (code, output));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // An empty cache, and a configuration of its own that knows an empty source only: the user's are not touched.
    private Dictionary<string, string?> NoOrleans() => new(StringComparer.Ordinal)
    {
        ["NUGET_PACKAGES"] = Directory.CreateDirectory(Path.Combine(_folder, "packages")).FullName,
        ["GrainRuntime"] = null,
        ["PATH"] = $"{Path.GetDirectoryName(DotnetHost.Path)}:{Environment.GetEnvironmentVariable("PATH")}",
    };

    private async Task<(int Code, string Output)> ChooseAsync(Dictionary<string, string?> environment)
    {
        var root = Directory.CreateDirectory(Path.Combine(_folder, "project")).FullName;
        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(root, "NuGet.config"),
            $"<configuration><packageSources><clear /><add key=\"empty\" value=\"{source}\" /></packageSources><fallbackPackageFolders><clear /></fallbackPackageFolders></configuration>");
        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json", "Praefect.Orleans.sln" })
            File.Copy(Path.Combine(Shell.Root, file), Path.Combine(root, file), overwrite: true);
        CopyProjects("src", root);
        CopyProjects("tests", root);
        return await Shell.RunAsync(environment, "-c", $"set -euo pipefail; root='{root}'; . '{Shell.Root}/eng/environment.sh'; choose_runtime ''; echo \"chosen: $runtime\" >&2");
    }

    private static void CopyProjects(string folder, string root)
    {
        foreach (var project in Directory.EnumerateDirectories(Path.Combine(Shell.Root, folder)).SelectMany(path => Directory.EnumerateFiles(path, "*.csproj")))
        {
            var copy = Path.Combine(root, Path.GetRelativePath(Shell.Root, project));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(project, copy, overwrite: true);
        }
    }
}
