using System.Globalization;
using System.Text;

namespace Praefect.Benchmarks.Scale;

/// <summary>How a process of praefect is to be started.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Role"><c>all</c>, <c>silo</c> or <c>gateway</c>.</param>
/// <param name="Database">Name of its database.</param>
/// <param name="Storages">How many storages its virtual storage has.</param>
internal sealed record PraefectSetup(string Name, string Role, string Database, int Storages = PraefectSetup.UsualStorages)
{
    public const string VirtualStorage = "default";

    /// <summary>As many as the generated repositories are spread over.</summary>
    public const int UsualStorages = 10;

    /// <summary>Replicas are verified, and disks walked, as by default. Off where the CPU of calls is measured.</summary>
    public bool Verifies { get; init; }

    /// <summary>Of the storages, the first so many cannot be reached.</summary>
    public int Away { get; init; }

    /// <summary>The configuration file. Reconciliation is off: generated repositories that lack a replica are there to be reported, not to be repaired.</summary>
    public string Toml(int port, int metrics, int postgres, IReadOnlyList<int> nodes)
    {
        var text = new StringBuilder(
            string.Create(CultureInfo.InvariantCulture, $"""
            listen_addr = "127.0.0.1:{port}"
            prometheus_listen_addr = "127.0.0.1:{metrics}"
            graceful_stop_timeout = "5s"

            [database]
            host = "127.0.0.1"
            port = {postgres}
            user = "postgres"
            dbname = "{Database}"

            [reconciliation]
            scheduling_interval = "0s"


            """));
        if (!Verifies)
            text.Append("[background_verification]\nverification_interval = \"0s\"\n\n[repositories_cleanup]\nrun_interval = \"0s\"\n\n");
        text.Append(CultureInfo.InvariantCulture, $"[[virtual_storage]]\nname = \"{VirtualStorage}\"\ndefault_replication_factor = 3\n");
        for (var i = 0; i < Storages; i++)
            text.Append(CultureInfo.InvariantCulture, $"\n[[virtual_storage.node]]\nstorage = \"gitaly-{i + 1:00}\"\naddress = \"tcp://127.0.0.1:{(i < Away ? 1 : nodes[i])}\"\n");
        return text.ToString();
    }
}
