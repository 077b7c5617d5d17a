namespace Praefect.Commands.Tests;

/// <summary>What commands do before they call anybody.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _config;

    public CommandLineTests() => _config = _folder.Write("praefect.toml", $$"""
        socket_path = "{{_folder.Root}}/nobody.sock"
        [store]
        path = "{{_folder.Root}}/store.db"
        [[virtual_storage]]
        name = "default"
        node = [{ storage = "gitaly-1", address = "tcp://127.0.0.1:1" }, { storage = "gitaly-22", address = "unix:{{_folder.Root}}/none" }]
        [[virtual_storage]]
        name = "other"
        node = [{ storage = "gitaly-1", address = "tcp://127.0.0.1:1" }]
        """);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Flags_that_lack_come_before_arguments_too_many_and_without_the_help() => Assert.Equal(
        new CommandResult(1, "", "Required flags \"virtual-storage, relative-path, authoritative-storage\" not set\n"), await RunAsync("accept-dataloss x"));

    [Theory]
    [InlineData("dataloss x", "dataloss doesn't accept positional arguments")]
    [InlineData("dataloss -bogus=1", "flag provided but not defined: -bogus")]
    [InlineData("accept-dataloss", "Required flags \"virtual-storage, relative-path, authoritative-storage\" not set")]
    [InlineData("accept-dataloss -virtual-storage d -relative-path p", "Required flag \"authoritative-storage\" not set")]
    [InlineData("accept-dataloss -virtual-storage d -authoritative-storage p", "Required flag \"relative-path\" not set")]
    [InlineData("accept-dataloss --authoritative-storage d -relative-path=p", "Required flag \"virtual-storage\" not set")]
    [InlineData("sql-migrate-down", "sql-migrate-down requires a single positional argument")]
    [InlineData("sql-migrate-down 1 2", "sql-migrate-down accepts only single positional argument")]
    [InlineData("sql-migrate-down -1", "flag provided but not defined: -1")]
    [InlineData("dial-nodes -timeout soon", "invalid value \"soon\" for flag -timeout: give a time such as 5s or 1m")]
    [InlineData("list-untracked-repositories -older-than soon", "invalid value \"soon\" for flag -older-than: give a time such as 6h or 30m")]
    [InlineData("metadata -repository-id x", "invalid value \"x\" for flag -repository-id: parse error")]
    [InlineData("verify -repository-id 1.5", "invalid value \"1.5\" for flag -repository-id: parse error")]
    [InlineData("set-replication-factor -virtual-storage d -relative-path p -replication-factor -1", "invalid value \"-1\" for flag -replication-factor: parse error")]
    [InlineData("set-replication-factor -virtual-storage d", "Required flags \"relative-path, replication-factor\" not set")]
    public async Task A_wrong_command_line_is_answered_with_the_help_and_the_reason(string line, string reason)
    {
        var result = await RunAsync(line);

        Assert.Equal((1, reason + "\n"), (result.Code, result.Errors));
        Assert.Contains("Usage:\n", result.Output, StringComparison.Ordinal);
        var ofFlag = reason.StartsWith("flag", StringComparison.Ordinal) || reason.StartsWith("invalid", StringComparison.Ordinal);
        Assert.Equal(ofFlag, result.Output.StartsWith($"Incorrect Usage: {reason}\n\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-help")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("dataloss -help")]
    [InlineData("dataloss --help")]
    [InlineData("configuration validate -h")]
    [InlineData("configuration")]
    public async Task Help_is_printed_when_asked_for(string line)
    {
        var result = await CommandResult.OfAsync(line.Split(' '));

        Assert.Equal((0, ""), (result.Code, result.Errors));
        Assert.Contains("Usage:\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_nobody_knows_is_an_argument_of_praefect() =>
        Assert.Equal(new CommandResult(1, "", "praefect doesn't accept positional arguments\n"), await RunAsync("nonsense"));

    [Fact]
    public async Task A_flag_of_praefect_that_nobody_knows_is_named()
    {
        var result = await RunAsync("-nonsense");

        Assert.Equal((1, "flag provided but not defined: -nonsense\n"), (result.Code, result.Errors));
        Assert.StartsWith("Incorrect Usage: flag provided but not defined: -nonsense\n\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("serve")]
    public async Task A_start_without_a_configuration_file_ends_with_2(string line)
    {
        var result = await CommandResult.OfAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, "Required flag \"config\" not set\n"), (result.Code, result.Errors));
        Assert.Contains("Usage:\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metadata", "repository ID or virtual storage and relative path required")]
    [InlineData("metadata -repository-id 1 -virtual-storage d", "virtual storage and relative path can't be provided with a repository ID")]
    [InlineData("metadata -virtual-storage d", "relative path is required with virtual storage")]
    [InlineData("metadata -relative-path p", "virtual storage is required with relative path")]
    [InlineData("verify", "(repository id), (virtual storage) or (virtual storage, storage) required")]
    [InlineData("verify -repository-id 1 -storage s", "virtual storage and storage can't be provided with a repository ID")]
    [InlineData("verify -storage s", "virtual storage must be passed with storage")]
    [InlineData("sql-migrate-down -f 0", "number of migrations to roll back must be 1 or more")]
    public async Task Arguments_that_do_not_fit_are_named(string line, string reason) =>
        Assert.Equal(new CommandResult(1, "", reason + "\n"), await RunAsync(line));

    [Theory]
    [InlineData("sql-ping")]
    [InlineData("sql-migrate")]
    [InlineData("sql-migrate-status")]
    [InlineData("sql-migrate-down 1")]
    public async Task Without_a_database_commands_on_it_say_so(string line)
    {
        var result = await RunAsync(line);

        Assert.Equal(1, result.Code);
        Assert.StartsWith("the configuration has no [database] section", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_told_by_sql_ping()
    {
        var config = _folder.Write("away.toml", $"""
            socket_path = "{_folder.Root}/nobody.sock"
            [database]
            host = "127.0.0.1"
            port = 1
            user = "praefect"
            dbname = "praefect"
            sslmode = "disable"
            [[virtual_storage]]
            name = "default"
            """ + "\nnode = [{ storage = \"gitaly-1\", address = \"tcp://127.0.0.1:1\" }]\n");

        var result = await CommandResult.OfAsync("-config", config, "sql-ping");

        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.StartsWith("sql open: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("refused", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataloss", "Virtual storage: default\n")]
    [InlineData("metadata -virtual-storage default -relative-path @hashed/aa/bb.git", "")]
    [InlineData("verify -virtual-storage default", "")]
    [InlineData("accept-dataloss -virtual-storage default -relative-path p -authoritative-storage gitaly-1", "")]
    [InlineData("set-replication-factor -virtual-storage default -relative-path p -replication-factor 2", "")]
    public async Task Commands_that_need_a_running_praefect_say_so(string line, string output)
    {
        var result = await RunAsync(line);

        Assert.Equal((1, output), (result.Code, result.Output));
        Assert.StartsWith($"praefect does not answer at unix:{_folder.Root}/nobody.sock: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configuration_file_commands_say_so()
    {
        Assert.Equal(new CommandResult(1, "", "no configuration file given: praefect -config FILE COMMAND\n"), await CommandResult.OfAsync("list-storages"));
        var missing = await CommandResult.OfAsync("-config", "/nowhere/praefect.toml", "list-storages");
        Assert.Equal(new CommandResult(1, "", "error reading config file: open /nowhere/praefect.toml: no such file or directory\n"), missing);
    }

    [Fact]
    public async Task A_database_that_is_away_is_named()
    {
        var config = _folder.Write("database.toml", """
            listen_addr = "127.0.0.1:1"
            [database]
            host = "127.0.0.1"
            port = 1
            user = "ann"
            dbname = "praefect"
            [[virtual_storage]]
            name = "default"
            node = [{ storage = "gitaly-1", address = "tcp://127.0.0.1:1" }]
            """);
        foreach (var command in new[] { "sql-ping", "sql-migrate", "sql-migrate-status" })
        {
            var result = await CommandResult.OfAsync("-config", config, command);
            Assert.Equal((1, ""), (result.Code, result.Output));
            Assert.StartsWith("sql open: send ping: failed to connect to `host=127.0.0.1 user=ann database=praefect`: ", result.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("list-storages", "default        \tgitaly-1 \ttcp://127.0.0.1:1")]
    [InlineData("list-storages --virtual-storage=other", "other          \tgitaly-1\ttcp://127.0.0.1:1\t\n")]
    public async Task Storages_are_listed_as_a_table(string line, string expected)
    {
        var result = await RunAsync(line);

        Assert.Equal((0, ""), (result.Code, result.Errors));
        var header = result.Output.Split('\n')[0];
        Assert.StartsWith("VIRTUAL_STORAGE\tNODE", header, StringComparison.Ordinal);
        Assert.EndsWith("ADDRESS", header.TrimEnd(' '), StringComparison.Ordinal);
        Assert.EndsWith(" ", header, StringComparison.Ordinal);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_virtual_storage_has_no_storages_and_that_is_no_error() =>
        Assert.Equal(new CommandResult(0, "No virtual storages named nope.\n", ""), await RunAsync("list-storages -virtual-storage nope"));

    [Fact]
    public async Task Nodes_that_cannot_be_reached_are_named()
    {
        var result = await RunAsync("dial-nodes -timeout 5s");

        Assert.Equal((1, $"the following nodes are not healthy: tcp://127.0.0.1:1, unix:{_folder.Root}/none\n"), (result.Code, result.Errors));
        Assert.Contains("[tcp://127.0.0.1:1]: dialing...\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("[tcp://127.0.0.1:1]: ERROR: dialing failed: ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-version")]
    public async Task The_version_is_printed_as_praefect_prints_it(string flag) =>
        Assert.StartsWith("Praefect, version ", (await CommandResult.OfAsync(flag)).Output, StringComparison.Ordinal);

    private Task<CommandResult> RunAsync(string line) => CommandResult.OfAsync(["-config", _config, .. line.Split(' ')]);
}
