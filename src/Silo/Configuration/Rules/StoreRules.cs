namespace Praefect.Silo.Configuration.Rules;

/// <summary>What <c>[database]</c> and <c>[store]</c> must fulfil. The command does not look at them, as Praefect's does not.</summary>
internal static class StoreRules
{
    private static readonly string[] SslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        faults.When(
            options.Database is null && options.Store.Path.Length == 0, message: null, "no store configured: set database.host for Postgres, or store.path for a SQLite file");
        if (options.Database is not { SslMode: { Length: > 0 } mode })
            return;
        faults.When(
            !SslModes.Contains(mode, StringComparer.Ordinal), message: null, $"database.sslmode must be one of {string.Join(", ", SslModes)}, but is \"{mode}\"");
    }
}
