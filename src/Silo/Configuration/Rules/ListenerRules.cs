using Praefect.Wire.Nodes;

namespace Praefect.Silo.Configuration.Rules;

/// <summary>What the addresses must fulfil: those to listen on, and those of the nodes.</summary>
internal static class ListenerRules
{
    // One file may serve all processes of a cluster, and a silo has no port for calls.
    public static void Find(PraefectOptions options, ConfigurationFaults faults) => faults.When(
        options is { SocketPath: "", ListenAddress: "", TlsListenAddress: "" } && options.Silo.Kind != SiloRole.Silo,
        "none of \"socket_path\", \"listen_addr\" or \"tls_listen_addr\" is set",
        "no listen address or socket path configured");

    public static void FindInAddresses(PraefectOptions options, ConfigurationFaults faults)
    {
        (string Key, string Text, string Scheme)[] addresses =
        [
            ("listen_addr", options.ListenAddress, "tcp"),
            ("tls_listen_addr", options.TlsListenAddress, "tls"),
            ("prometheus_listen_addr", options.PrometheusListenAddress, "tcp"),
            ("git_http.listen_addr", options.GitHttp.ListenAddress, "tcp"),
        ];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, text, scheme) in addresses.Where(static address => address.Text.Length > 0))
        {
            var valid = ListenEndpoint.TryParse(text, scheme, out var endpoint);
            faults.When(!valid, message: null, $"{key} must be host:port, but is \"{text}\"");
            faults.When(valid && endpoint.Port != 0 && !seen.Add(endpoint.ToString()), message: null, $"same address can't be used for different schemas \"{endpoint}\"");
        }

        foreach (var storage in options.VirtualStorages)
        {
            foreach (var node in storage.Nodes.Where(static node => node.Address.Length > 0))
            {
                var problem = Problem(node.Address);
                faults.When(problem is not null, message: null, $"dial \"{storage.Name}\"/\"{node.Storage}\": {problem}");
            }
        }
    }

    private static string? Problem(string address)
    {
        try
        {
            NodeAddress.Parse(address);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
