using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>Writes the configuration files of the members.</summary>
/// <param name="postgres">The database, which has its password once it runs.</param>
/// <param name="database">Port to reach it on.</param>
/// <param name="nodes">Name and port of each storage node.</param>
internal sealed class MemberConfiguration(PostgresProcess postgres, int database, ImmutableArray<(string Name, int Port)> nodes)
{
    /// <returns>Path of the file.</returns>
    public async Task<string> WriteAsync(string folder, string name, int grpc, int git, int metrics, string siloSection, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            listen_addr = "127.0.0.1:{grpc}"
            prometheus_listen_addr = "127.0.0.1:{metrics}"
            graceful_stop_timeout = "15s"

            [git_http]
            listen_addr = "127.0.0.1:{git}"
            create_on_push = true

            [database]
            host = "127.0.0.1"
            port = {database}
            user = "{PostgresProcess.User}"
            password = "{postgres.Password}"
            dbname = "{PostgresProcess.User}"

            """);
        text.Append(siloSection);
        text.Append(CultureInfo.InvariantCulture, $"\n[[virtual_storage]]\nname = \"{ClusterProcesses.VirtualStorage}\"\n");
        foreach (var (storage, port) in nodes)
            text.Append(CultureInfo.InvariantCulture, $"\n[[virtual_storage.node]]\nstorage = \"{storage}\"\naddress = \"tcp://127.0.0.1:{port}\"\n");
        var path = Path.Combine(folder, name + ".toml");
        await File.WriteAllTextAsync(path, text.ToString(), cancellationToken);
        return path;
    }
}
