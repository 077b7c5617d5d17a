using Microsoft.Extensions.Options;
using Praefect.Silo.Configuration.Rules;

namespace Praefect.Silo.Configuration;

/// <summary>
/// Everything that a configuration must fulfil, each rule once: for a start, which tells all mistakes where Praefect stops at the first, and for
/// <c>configuration validate</c>. Each has Praefect's words and order.
/// </summary>
internal sealed class PraefectOptionsValidator : IValidateOptions<PraefectOptions>
{
    private delegate void Rules(PraefectOptions options, ConfigurationFaults faults);

    private static readonly Rules[] OfStart =
    [
        ElectionRules.Find, ListenerRules.Find, StorageRules.Find, BackgroundRules.Find, BackgroundRules.FindInCleanup, ConnectionRules.FindInYamux,
        ConnectionRules.FindInStop, ListenerRules.FindInAddresses, SecretRules.Find, StoreRules.Find, ObservabilityRules.Find, SiloRules.Find,
    ];

    private static readonly Rules[] OfCommand =
    [
        ListenerRules.Find, BackgroundRules.Find, ObservabilityRules.Find, SecretRules.Find, SecretRules.FindInPair, ElectionRules.Find, ConnectionRules.FindInStop,
        BackgroundRules.FindInCleanup, ConnectionRules.FindInYamux, StorageRules.Find, ListenerRules.FindInAddresses, StoreRules.Find, SiloRules.Find,
    ];

    /// <summary>What <c>configuration validate</c> has to say.</summary>
    public static IEnumerable<ConfigurationFault> Find(PraefectOptions options) => Find(options, OfCommand).Where(static fault => fault.Message is not null);

    /// <summary>What stops a start.</summary>
    public ValidateOptionsResult Validate(string? name, PraefectOptions options)
    {
        var refusals = Find(options, OfStart).Select(static fault => fault.Refusal).OfType<string>().ToList();
        return refusals.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(refusals);
    }

    private static List<ConfigurationFault> Find(PraefectOptions options, IEnumerable<Rules> rules)
    {
        var faults = new ConfigurationFaults();
        foreach (var find in rules)
            find(options, faults);
        return faults.Found;
    }
}
