using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class ConfigurationCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-config-").FullName;

    [Fact]
    public async Task The_output_of_the_command_is_laid_over_the_file()
    {
        var loaded = await LoadAsync("""
            cat <<EOF
            {"auth": {"token": "from-command"}, "database": {"host": "db", "port": 5432}, "graceful_stop_timeout": "5s", "nobody_knows": 1,
             "virtual_storage": [{"name": "other", "node": [{"storage": "b", "address": "tcp://h:1"}]}]}
            EOF
            """);

        Assert.Equal(new AuthOptions { Token = "from-command", Transitioning = true }, loaded.Options.Auth);
        Assert.Equal(("db", 5432), (loaded.Options.Database!.Host, loaded.Options.Database.Port));
        Assert.Equal(TimeSpan.FromSeconds(5), loaded.Options.GracefulStopTimeout);
        Assert.Equal("other", Assert.Single(loaded.Options.VirtualStorages).Name);
    }

    [Fact]
    public async Task Its_keys_are_read_in_any_case()
    {
        var loaded = await LoadAsync("""echo '{"Auth": {"TOKEN": "from-command"}, "DATABASE": {"Host": "db"}, "Virtual_Storage": [{"Name": "other", "NODE": [{"Storage": "b", "Address": "tcp://h:1"}]}]}'""");

        Assert.Equal(new AuthOptions { Token = "from-command", Transitioning = true }, loaded.Options.Auth);
        Assert.Equal(("other", "db"), (Assert.Single(loaded.Options.VirtualStorages).Name, loaded.Options.Database!.Host));
        Assert.Empty(loaded.Warnings);
    }

    [Theory]
    [InlineData("""{"auth": "from-command"}""", "output of the config command: auth must be a table, but is a string")]
    [InlineData("""{"Auth": {"Token": 5}}""", "output of the config command: auth.token must be a string, but is an integer")]
    [InlineData("""{"virtual_storage": {"name": "x"}}""", "output of the config command: virtual_storage is an array at line 6, column 1 and cannot be added to")]
    public async Task Sections_that_cannot_be_understood_are_an_error(string json, string expected)
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync($"echo '{json}'"));

        Assert.Contains("error reading config file: " + expected, error.Problems);
    }

    [Fact]
    public async Task A_command_that_fails_is_told_with_what_it_said()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync("echo no vault >&2; exit 3"));

        Assert.Equal("error reading config file: running config command: exit status 3, stderr: \"no vault\\n\"", error.Message);
    }

    [Fact]
    public async Task A_command_without_output_is_an_error()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync("true"));

        Assert.StartsWith("error reading config file: unmarshalling generated config: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_among_the_output_of_a_command_is_an_error()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync("""echo fetching; echo '{"auth": {"token": "x"}}'"""));

        Assert.StartsWith("error reading config file: unmarshalling generated config: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_command_says_on_standard_error_is_no_output()
    {
        var loaded = await LoadAsync("""echo fetching >&2; echo '{"auth": {"token": "from-command"}, "database": {"host": "db"}}'""");

        Assert.Equal("from-command", loaded.Options.Auth.Token);
    }

    [Fact]
    public async Task A_command_that_says_something_on_standard_error_alone_has_no_output()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => LoadAsync("""echo '{"auth": {"token": "x"}}' >&2"""));

        Assert.StartsWith("error reading config file: unmarshalling generated config: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_executable_is_an_error()
    {
        var command = Path.Combine(_folder, "data.json");
        await File.WriteAllTextAsync(command, "{}");
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, $"config_command = '{command}'");

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ConfigurationFile.LoadAsync(file, TimeProvider.System, CancellationToken.None));

        Assert.StartsWith("error reading config file: running config command: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(command, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_command_is_an_error()
    {
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, "config_command = '/nowhere/command'");

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ConfigurationFile.LoadAsync(file, TimeProvider.System, CancellationToken.None));

        Assert.StartsWith("error reading config file: running config command: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_told_by_its_path()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ConfigurationFile.LoadAsync("/nowhere/praefect.toml", TimeProvider.System, CancellationToken.None));

        Assert.StartsWith("error reading config file: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/praefect.toml", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<LoadedConfiguration> LoadAsync(string script)
    {
        var command = Path.Combine(_folder, "command.sh");
        await File.WriteAllTextAsync(command, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, $"""
            config_command = '{command}'
            listen_addr = ":2305"
            [auth]
            token = "from-file"
            transitioning = true
            [[virtual_storage]]
            name = "default"
            node = [{'{'} storage = "a", address = "tcp://h:1" {'}'}]
            """);
        return await ConfigurationFile.LoadAsync(file, TimeProvider.System, CancellationToken.None);
    }
}
