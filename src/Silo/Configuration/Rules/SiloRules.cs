using System.Net;
using Praefect.Grains;

namespace Praefect.Silo.Configuration.Rules;

/// <summary>What <c>[silo]</c> must fulfil.</summary>
internal static class SiloRules
{
    private const string Section = "silo";
    private static readonly OptionRange<TimeSpan> ProbeTimeout = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
    private static readonly OptionRange<TimeSpan> AlivePeriod = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private static readonly OptionRange<TimeSpan> ConnectionAge = new(TimeSpan.Zero, TimeSpan.FromDays(1));
    private static readonly OptionRange<int> MissedProbes = new(1, 20);
    private static readonly OptionRange<int> DeathVotes = new(1, 10);

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        var silo = options.Silo;
        faults.Own(!SiloOptions.TryParseRole(silo.Role, out var role), $"must be all, silo or gateway, but is \"{silo.Role}\"", Section, "role");
        faults.Own(
            role != SiloRole.All && options.Database is null, $"\"{silo.Role}\" needs a [database], through which the processes of a cluster find each other", Section, "role");
        faults.Own(
            silo.AdvertisedAddress is not ("" or SiloOptions.AutomaticAddress) && !IPAddress.TryParse(silo.AdvertisedAddress, out _),
            $"must be an IP address or auto, but is \"{silo.AdvertisedAddress}\"", Section, "advertised_address");
        faults.Own(silo.ClusterId.Length == 0, "must not be empty", Section, "cluster_id");
        faults.Own(silo.ServiceId.Length == 0, "must not be empty", Section, "service_id");
        Within(silo.ProbeTimeout, ProbeTimeout, "probe_timeout", faults);
        Within(silo.MissedProbes, MissedProbes, "missed_probes", faults);
        Within(silo.DeathVotes, DeathVotes, "death_votes", faults);
        Within(silo.AlivePeriod, AlivePeriod, "alive_period", faults);
        Within(silo.ConnectionAge, ConnectionAge, "connection_age", faults);
    }

    private static void Within(TimeSpan value, OptionRange<TimeSpan> range, string key, ConfigurationFaults faults) => faults.Own(
        !range.Contains(value), $"must be between {GoDuration.Format(range.Least)} and {GoDuration.Format(range.Most)}, but is {GoDuration.Format(value)}", Section, key);

    private static void Within(int value, OptionRange<int> range, string key, ConfigurationFaults faults) =>
        faults.Own(!range.Contains(value), $"must be {range}, but is {value}", Section, key);
}
