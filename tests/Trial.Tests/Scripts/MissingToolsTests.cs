namespace Praefect.Trial.Tests.Scripts;

/// <summary>What the two commands say on a machine that lacks what they need.</summary>
public sealed class MissingToolsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-scripts-").FullName;

    [Theory]
    [InlineData("run.sh")]
    [InlineData("test.sh")]
    public async Task Without_a_dotnet_they_say_where_to_get_it(string script)
    {
        var (code, output) = await RunAsync(script);

        Assert.NotEqual(0, code);
        Assert.Contains("the .NET SDK 10 is missing: get it from https://dot.net/download", Assert.Single(output.Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.sh")]
    [InlineData("test.sh")]
    public async Task An_sdk_that_is_too_old_is_named_with_its_version(string script)
    {
        var (code, output) = await RunAsync(script, "echo 9.0.100");

        Assert.NotEqual(0, code);
        Assert.Contains("the .NET SDK is version 9.0.100, but 10 or newer is needed: get it from", Assert.Single(output.Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.sh")]
    [InlineData("test.sh")]
    public async Task A_dotnet_without_any_sdk_is_refused(string script)
    {
        var (code, output) = await RunAsync(script, "echo 'No .NET SDKs were found.' >&2; exit 145");

        Assert.NotEqual(0, code);
        Assert.Contains("but 10 or newer is needed: get it from", Assert.Single(output.Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.sh")]
    [InlineData("test.sh")]
    public async Task Without_git_they_say_how_to_install_it(string script)
    {
        var (code, output) = await RunAsync(script, "echo 10.0.100");

        Assert.NotEqual(0, code);
        Assert.Contains("git is missing: install it (Debian and Ubuntu: sudo apt-get install git;", Assert.Single(output.Split('\n')), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // No apt-get among the tools: nothing is installed here, whoever runs the test.
    private async Task<(int Code, string Output)> RunAsync(string script, string? dotnet = null)
    {
        var tools = Shell.Tools(Path.Combine(_folder, "bin"));
        if (dotnet is not null)
        {
            var file = Path.Combine(tools, "dotnet");
            await File.WriteAllTextAsync(file, $"#!/bin/sh\n{dotnet}\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.CreateSymbolicLink(Path.Combine(tools, "sh"), Path.Combine(tools, "bash"));
        return await Shell.RunAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = tools, ["HOME"] = _folder }, Path.Combine(Shell.Root, script));
    }
}
