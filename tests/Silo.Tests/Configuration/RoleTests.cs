using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class RoleTests
{
    private const string Storage = """

        [[virtual_storage]]
        name = "default"
        [[virtual_storage.node]]
        storage = "node-1"
        address = "tcp://127.0.0.1:8075"
        """;

    [Fact]
    public void A_silo_needs_no_address_for_calls()
    {
        var loaded = ConfigurationFile.Load("[database]\nhost = \"db\"\n[silo]\nrole = \"silo\"" + Storage);
        Assert.Equal(SiloRole.Silo, loaded.Options.Silo.Kind);
    }

    [Fact]
    public void A_gateway_needs_an_address_for_calls()
    {
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load("[database]\nhost = \"db\"\n[silo]\nrole = \"gateway\"" + Storage));
        Assert.Contains("no listen address or socket path configured", Assert.Single(e.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public void Roles_of_a_cluster_need_a_database(string role)
    {
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(
            $"listen_addr = \":2305\"\n[store]\npath = \"x.db\"\n[silo]\nrole = \"{role}\"" + Storage));
        Assert.Contains("needs a [database]", Assert.Single(e.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bound_of_the_section_is_checked_at_once()
    {
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(
            "listen_addr = \":2305\"\n[store]\npath = \"x.db\"\n[silo]\nrole = \"x\"\nadvertised_address = \"here\"\nprobe_timeout = \"1ms\"\n"
            + "missed_probes = 0\ndeath_votes = 0\nalive_period = \"1ms\"\nconnection_age = \"-1s\"" + Storage));
        Assert.Equal(7, e.Problems.Length);
    }

    [Fact]
    public async Task The_role_of_the_command_line_wins()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "[database]\nhost = \"db\"\n[silo]\nrole = \"gateway\"" + Storage);
            var loaded = await ConfigurationFile.LoadAsync(path, TimeProvider.System, CancellationToken.None, "silo");
            Assert.Equal(SiloRole.Silo, loaded.Options.Silo.Kind);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
