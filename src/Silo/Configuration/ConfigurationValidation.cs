using Praefect.Wire.Nodes;

namespace Praefect.Silo.Configuration;

/// <summary>What a configuration must fulfil, in Praefect's wording and order. Praefect stops at the first error; here all are found.</summary>
public static class ConfigurationValidation
{
    private static readonly string[] Strategies = ["local", "sql", "per_repository"];
    private static readonly string[] Formats = ["", "text", "json"];
    private static readonly string[] SslModes = ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    /// <summary>Every error, empty when there is none.</summary>
    public static IReadOnlyList<string> Validate(PraefectOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. Essentials(options),
            .. VirtualStorages(options),
            .. Limits(options),
            .. Thresholds(options.Failover),
            .. Addresses(options),
            .. Files(options),
            .. OwnSettings(options),
            .. Patterns(options.AccessLog),
            .. SiloValidation.Validate(options),
        ];
    }

    private static IEnumerable<string> Essentials(PraefectOptions options)
    {
        if (!Strategies.Contains(options.Failover.ElectionStrategy, StringComparer.Ordinal))
            yield return $"invalid election strategy: \"{options.Failover.ElectionStrategy}\"";
        if (options.Silo.Kind != SiloRole.Silo && options.ListenAddress.Length == 0 && options.SocketPath.Length == 0 && options.TlsListenAddress.Length == 0)
            yield return "no listen address or socket path configured";
        if (options.VirtualStorages.Length == 0)
            yield return "no virtual storages configured";
        if (options.Replication.BatchSize == 0)
            yield return "replication batch size was 0 but must be >=1";
    }

    private static IEnumerable<string> VirtualStorages(PraefectOptions options)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var virtualStorage in options.VirtualStorages)
        {
            var prefix = $"virtual storage \"{virtualStorage.Name}\"";
            if (virtualStorage.Name.Length == 0)
                yield return "virtual storages must have a name";
            else if (!names.Add(virtualStorage.Name))
                yield return $"{prefix}: virtual storages must have unique names";
            if (virtualStorage.Nodes.Length == 0)
            {
                yield return $"{prefix}: no primary gitaly backends configured";
                continue;
            }

            foreach (var problem in Nodes(virtualStorage))
                yield return $"{prefix}: {problem}";
            if (virtualStorage.DefaultReplicationFactor > virtualStorage.Nodes.Length)
            {
                yield return $"{prefix} has a default replication factor ({virtualStorage.DefaultReplicationFactor}) which is higher than "
                    + $"the number of storages ({virtualStorage.Nodes.Length})";
            }
        }
    }

    private static IEnumerable<string> Nodes(VirtualStorageSettings virtualStorage)
    {
        if (virtualStorage.Nodes.Any(node => node.Storage.Length == 0))
            yield return "all gitaly nodes must have a storage";
        if (virtualStorage.Nodes.Any(node => node.Address.Length == 0))
            yield return "all gitaly nodes must have an address";
        var named = virtualStorage.Nodes.Where(node => node.Storage.Length > 0).Select(node => node.Storage).ToList();
        if (named.Distinct(StringComparer.Ordinal).Count() < named.Count)
            yield return "internal gitaly storages are not unique";
    }

    private static IEnumerable<string> Limits(PraefectOptions options)
    {
        var cleanup = options.RepositoriesCleanup;
        if (cleanup.RunInterval > TimeSpan.Zero)
        {
            if (cleanup.CheckInterval < TimeSpan.FromMinutes(1))
                yield return "repositories_cleanup.check_interval is less then 1m0s, which could lead to a database performance problem";
            if (cleanup.RunInterval < TimeSpan.FromMinutes(1))
                yield return "repositories_cleanup.run_interval is less then 1m0s, which could lead to a database performance problem";
        }

        if (options.Yamux.MaximumStreamWindowBytes < YamuxSettings.WindowBytesMin)
        {
            yield return $"yamux.maximum_stream_window_size_bytes must be at least {YamuxSettings.WindowBytesMin} "
                + $"but it was {options.Yamux.MaximumStreamWindowBytes}";
        }

        if (options.Yamux.AcceptBacklog < 1)
            yield return $"yamux.accept_backlog must be at least 1 but it was {options.Yamux.AcceptBacklog}";
        if (options.GracefulStopTimeout < TimeSpan.Zero)
            yield return "graceful_stop_timeout must not be negative";
    }

    private static IEnumerable<string> Thresholds(FailoverOptions failover)
    {
        var none = failover is { ErrorThresholdWindow.Ticks: 0, WriteErrorThresholdCount: 0, ReadErrorThresholdCount: 0 };
        if (none)
            yield break;
        if (failover.ErrorThresholdWindow == TimeSpan.Zero)
            yield return "threshold window not set";
        if (failover.WriteErrorThresholdCount == 0)
            yield return "write error threshold not set";
        if (failover.ReadErrorThresholdCount == 0)
            yield return "read error threshold not set";
    }

    private static IEnumerable<string> Addresses(PraefectOptions options)
    {
        (string Key, string Text, string Scheme)[] addresses =
        [
            ("listen_addr", options.ListenAddress, "tcp"),
            ("tls_listen_addr", options.TlsListenAddress, "tls"),
            ("prometheus_listen_addr", options.PrometheusListenAddress, "tcp"),
            ("git_http.listen_addr", options.GitHttp.ListenAddress, "tcp"),
        ];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, text, scheme) in addresses.Where(address => address.Text.Length > 0))
        {
            if (!ListenEndpoint.TryParse(text, scheme, out var endpoint))
                yield return $"{key} must be host:port, but is \"{text}\"";
            else if (endpoint.Port != 0 && !seen.Add(endpoint.ToString()))
                yield return $"same address can't be used for different schemas \"{endpoint}\"";
        }

        foreach (var node in options.VirtualStorages.SelectMany(storage => storage.Nodes.Where(node => node.Address.Length > 0), (storage, node) => (storage, node)))
        {
            if (Refused(node.node.Address) is { } problem)
                yield return $"dial \"{node.storage.Name}\"/\"{node.node.Storage}\": {problem}";
        }
    }

    private static string? Refused(string address)
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

    private static IEnumerable<string> Files(PraefectOptions options)
    {
        var (auth, tls) = (options.Auth, options.Tls);
        if (auth.TokenFile.Length > 0 && auth.Token.Length > 0)
            yield return "auth: token and token_file cannot both be set";
        else if (auth.TokenFile.Length > 0 && TokenFile.Problem(auth.TokenFile) is { } problem)
            yield return $"auth.token_file: {problem}";
        if (tls.MinVersion is not ("" or TlsOptions.Tls12 or TlsOptions.Tls13))
            yield return $"tls.min_version must be \"{TlsOptions.Tls12}\" or \"{TlsOptions.Tls13}\", but is \"{tls.MinVersion}\"";
        if (tls.KeyPath.Length > 0 && tls.Key.Length > 0)
            yield return "tls: key_path and key cannot both be set";
        if (options.TlsListenAddress.Length == 0)
            yield break;
        if (tls.CertificatePath.Length == 0)
            yield return "tls_listen_addr needs tls.certificate_path";
        else if (!File.Exists(tls.CertificatePath))
            yield return $"tls.certificate_path: doesn't exist: \"{tls.CertificatePath}\"";
        if (tls.KeyPath.Length == 0 && tls.Key.Length == 0)
            yield return "tls_listen_addr needs tls.key_path or tls.key";
        else if (tls.KeyPath.Length > 0 && !File.Exists(tls.KeyPath))
            yield return $"tls.key_path: doesn't exist: \"{tls.KeyPath}\"";
    }

    private static IEnumerable<string> OwnSettings(PraefectOptions options)
    {
        if (options.Database is null && options.Store.Path.Length == 0)
            yield return "no store configured: set database.host for Postgres, or store.path for a SQLite file";
        if (options.Database is { } database && !SslModes.Contains(database.SslMode, StringComparer.Ordinal))
            yield return $"database.sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full, but is \"{database.SslMode}\"";
        if (!Formats.Contains(options.Logging.Format, StringComparer.Ordinal))
            yield return $"logging.format must be text or json, but is \"{options.Logging.Format}\"";
        if (!LogLevels.TryParse(options.Logging.Level, out _))
            yield return $"logging.level must be one of {LogLevels.Names}, but is \"{options.Logging.Level}\"";
        if (!Ascending(options.Prometheus.GrpcLatencyBuckets))
            yield return "prometheus.grpc_latency_buckets: bad order: expected ascending";
        if (!Ascending(options.Reconciliation.HistogramBuckets))
            yield return "reconciliation.histogram_buckets: bad order: expected ascending";
    }

    private static IEnumerable<string> Patterns(AccessLogOptions log)
    {
        foreach (var (variable, pattern) in new[] { (AccessLogOptions.AllowVariable, log.AllowPattern), (AccessLogOptions.DenyVariable, log.DenyPattern ?? "") })
        {
            if (AccessLogOptions.Problem(pattern) is { } problem)
                yield return $"the pattern \"{pattern}\" of {variable} cannot be used: {problem}";
        }
    }

    private static bool Ascending(IReadOnlyList<double> buckets) => buckets.Zip(buckets.Skip(1)).All(pair => pair.First < pair.Second);
}
