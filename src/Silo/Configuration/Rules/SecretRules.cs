namespace Praefect.Silo.Configuration.Rules;

/// <summary>What <c>[tls]</c> and <c>[auth]</c> must fulfil, and the files that they name.</summary>
internal static class SecretRules
{
    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        Tls(options, faults);
        Auth(options.Auth, faults);
    }

    /// <summary>Whether certificate and key can be used together. A start sees to that when it listens.</summary>
    public static void FindInPair(PraefectOptions options, ConfigurationFaults faults)
    {
        var tls = options.Tls;
        if (tls is { Key.Length: > 0, KeyPath.Length: > 0 } || !Exists(tls, out _, out _) || CertificatePair.Problem(tls) is not { } problem)
            return;
        faults.When(
            wrong: true, $"loading x509 keypair: {problem.Message}", refusal: null,
            "tls", problem.OfKey ? tls.Key.Length > 0 ? "key" : "key_path" : "certificate_path");
    }

    private static void Tls(PraefectOptions options, ConfigurationFaults faults)
    {
        const string Section = "tls";
        var tls = options.Tls;
        faults.When(
            tls.MinVersion is not ("" or TlsOptions.Tls12 or TlsOptions.Tls13), $"not supported: \"{tls.MinVersion}\"",
            $"tls.min_version must be \"{TlsOptions.Tls12}\" or \"{TlsOptions.Tls13}\", but is \"{tls.MinVersion}\"", Section, "min_version");
        // The command looks at files that are named, a start at files that are needed.
        var (named, needed) = (tls is not { CertificatePath: "", KeyPath: "", Key: "" }, options.TlsListenAddress.Length > 0);
        var both = tls.Key.Length > 0 && tls.KeyPath.Length > 0;
        const string Both = "key_path and key cannot both be set";
        faults.When(both, Both, $"tls: {Both}", Section, "key_path", "key");

        Exists(tls, out var certificate, out var key);
        faults.When(!certificate && named && !both, Missing(tls.CertificatePath), refusal: null, Section, "certificate_path");
        faults.When(!key && named && !both, Missing(tls.KeyPath), refusal: null, Section, "key_path");
        faults.When(
            !certificate && needed, message: null,
            tls.CertificatePath.Length == 0 ? "tls_listen_addr needs tls.certificate_path" : $"tls.certificate_path: {Missing(tls.CertificatePath)}");
        faults.When(!key && needed, message: null, tls.KeyPath.Length == 0 ? "tls_listen_addr needs tls.key_path or tls.key" : $"tls.key_path: {Missing(tls.KeyPath)}");
    }

    private static bool Exists(TlsOptions tls, out bool certificate, out bool key)
    {
        (certificate, key) = (File.Exists(tls.CertificatePath), tls.Key.Length > 0 || File.Exists(tls.KeyPath));
        return certificate && key;
    }

    private static void Auth(AuthOptions auth, ConfigurationFaults faults)
    {
        if (auth.TokenFile.Length == 0)
            return;
        const string Both = "token and token_file cannot both be set";
        faults.When(auth.Token.Length > 0, Both, $"auth: {Both}", "auth", "token_file");
        var problem = TokenFile.Problem(auth.TokenFile);
        faults.When(problem is not null, problem, auth.Token.Length > 0 ? null : $"auth.token_file: {problem}", "auth", "token_file");
    }

    private static string Missing(string path) => $"doesn't exist: \"{path}\"";
}
