using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Praefect.Trial.Clusters;

/// <summary>The text of <c>praefect.toml</c> for a process of a cluster.</summary>
internal static class ClusterConfiguration
{
    /// <param name="ports">Where it listens.</param>
    /// <param name="tables">What it has besides listeners and nodes: where records are kept, at least.</param>
    /// <param name="nodes">The storage nodes.</param>
    public static string Text(MemberPorts ports, string tables, ImmutableArray<ClusterNode> nodes)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Written by the trial at each start; changes are lost.
            listen_addr = "127.0.0.1:{ports.Grpc}"
            prometheus_listen_addr = "127.0.0.1:{ports.Metrics}"
            graceful_stop_timeout = "10s"

            [git_http]
            listen_addr = "127.0.0.1:{ports.Git}"
            create_on_push = true

            {tables}

            [[virtual_storage]]
            name = "{LocalCluster.VirtualStorage}"

            """);
        foreach (var node in nodes)
        {
            text.Append(CultureInfo.InvariantCulture, $"""

                [[virtual_storage.node]]
                storage = "{node.Name}"
                address = "tcp://127.0.0.1:{node.Port}"

                """);
        }

        return text.ToString();
    }

    /// <summary>A TOML string.</summary>
    public static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
