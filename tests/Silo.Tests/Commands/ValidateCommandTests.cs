using System.CommandLine;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Commands;

namespace Praefect.Silo.Tests.Commands;

public sealed class ValidateCommandTests
{
    private const string Good = """
        listen_addr = ":2305"
        [[virtual_storage]]
        name = "default"
        node = [{ storage = "a", address = "tcp://h:1" }]
        """;

    [Fact]
    public async Task A_good_configuration_is_met_with_silence() => Assert.Equal((0, "", ""), await RunAsync(Good));

    [Fact]
    public async Task Mistakes_are_printed_as_json_with_their_keys()
    {
        var (code, output, _) = await RunAsync("""
            [replication]
            batch_size = 0
            [repositories_cleanup]
            run_interval = "1s"
            [[virtual_storage]]
            node = [{ storage = "a", address = " " }]
            """);

        Assert.Equal(2, code);
        Assert.Equal(
            """
            {
              "errors": [
                {
                  "message": "none of \"socket_path\", \"listen_addr\" or \"tls_listen_addr\" is set"
                },
                {
                  "key": [
                    "replication",
                    "batch_size"
                  ],
                  "message": "not in range: 0 is not greater than or equal to 1"
                },
                {
                  "key": [
                    "repositories_cleanup",
                    "run_interval"
                  ],
                  "message": "not in range: 1s is not greater than or equal to 1m0s"
                },
                {
                  "key": [
                    "virtual_storage",
                    "[0]",
                    "name"
                  ],
                  "message": "blank or empty"
                },
                {
                  "key": [
                    "virtual_storage",
                    "[0]",
                    "node",
                    "[0]",
                    "address"
                  ],
                  "message": "blank or empty"
                }
              ]
            }

            """,
            output);
    }

    [Theory]
    [InlineData("[failover]\nelection_strategy = 'vote'", "not supported: \\\"vote\\\"")]
    [InlineData("[failover]\nread_error_threshold_count = 1", "\"error_threshold_window\"\n      ],\n      \"message\": \"not set\"")]
    [InlineData("[prometheus]\ngrpc_latency_buckets = [2, 1.5]", "bad order: expected asc: [2 1.5]")]
    [InlineData("[reconciliation]\nscheduling_interval = '-1s'", "not in range: -1s is not greater than or equal to 0s")]
    [InlineData("[tls]\ncertificate_path = '/nowhere/c'\nkey = 'k'", "doesn't exist: \\\"/nowhere/c\\\"")]
    [InlineData("[tls]\ncertificate_path = '/nowhere/c'\nkey_path = '/nowhere/k'\nkey = 'k'", "\"key_path\",\n        \"key\"\n      ],\n      \"message\": \"key_path and key cannot both be set\"")]
    [InlineData("[tls]\ncertificate_path = '/etc/hostname'\nkey = 'k'", "\"certificate_path\"\n      ],\n      \"message\": \"loading x509 keypair: tls: failed to find any PEM data in certificate input\"")]
    [InlineData("[yamux]\naccept_backlog = 0", "not in range: 0 is not greater than or equal to 1")]
    [InlineData("[tls]\nmin_version = 'SSL'", "not supported: \\\"SSL\\\"")]
    [InlineData("[auth]\ntoken_file = '/nowhere/t'", "\"token_file\"\n      ],\n      \"message\": \"doesn't exist: \\\"/nowhere/t\\\"")]
    [InlineData("[auth]\ntoken = 't'\ntoken_file = '/nowhere/t'", "token and token_file cannot both be set")]
    [InlineData("[reconciliation]\nhistogram_buckets = [1, 1]", "bad order")]
    [InlineData("[prometheus]\ngrpc_latency_buckets = [0.5, 0.5]", "bad order: expected asc: [0.5 0.5]")]
    [InlineData("[silo]\nmissed_probes = 0", "\"missed_probes\"\n      ],\n      \"message\": \"must be between 1 and 20, but is 0\"")]
    [InlineData("x = ", "\"message\": \"line 5, column ")]
    public async Task Each_mistake_has_praefects_words(string added, string expected)
    {
        var (code, output, _) = await RunAsync(Good + "\n" + added);

        Assert.Equal(2, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_matters_only_with_failover_is_not_looked_at_without() =>
        Assert.Equal(0, (await RunAsync(Good + "\n[failover]\nenabled = false\nelection_strategy = 'vote'")).Code);

    [Fact]
    public async Task Arguments_are_refused_with_the_help()
    {
        var (code, output, errors) = await RunAsync(Good, "file.toml");

        Assert.Equal((1, "invalid argument(s)\n"), (code, errors));
        Assert.Contains("validate", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string toml, params string[] arguments)
    {
        using var input = new StringReader(toml);
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var root = new RootCommand { new ValidateCommand(new CommandConsole(input, output, errors, Interactive: false)).Create() };
        var code = await root.Parse(["configuration", "validate", .. arguments]).InvokeAsync();
        return (code, output.ToString(), errors.ToString());
    }
}
