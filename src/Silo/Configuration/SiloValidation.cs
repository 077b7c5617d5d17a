namespace Praefect.Silo.Configuration;

/// <summary>What <c>[silo]</c> must fulfil.</summary>
internal static class SiloValidation
{
    public static IEnumerable<string> Validate(PraefectOptions options)
    {
        var silo = options.Silo;
        if (!SiloSettings.TryParseRole(silo.Role, out var role))
            yield return $"silo.role must be all, silo or gateway, but is \"{silo.Role}\"";
        if (role != SiloRole.All && options.Database is null)
            yield return $"silo.role \"{silo.Role}\" needs a [database], through which the processes of a cluster find each other";
        if (silo.AdvertisedAddress is not ("" or SiloSettings.AutomaticAddress) && !System.Net.IPAddress.TryParse(silo.AdvertisedAddress, out _))
            yield return $"silo.advertised_address must be an IP address or auto, but is \"{silo.AdvertisedAddress}\"";
        if (silo.ClusterId.Length == 0 || silo.ServiceId.Length == 0)
            yield return "silo.cluster_id and silo.service_id must not be empty";
        if (silo.ProbeTimeout < TimeSpan.FromMilliseconds(100) || silo.ProbeTimeout > TimeSpan.FromMinutes(1))
            yield return "silo.probe_timeout must be between 100ms and 1m";
        if (silo.MissedProbes is < 1 or > 20)
            yield return $"silo.missed_probes must be between 1 and 20, but is {silo.MissedProbes}";
        if (silo.DeathVotes is < 1 or > 10)
            yield return $"silo.death_votes must be between 1 and 10, but is {silo.DeathVotes}";
        if (silo.AlivePeriod < TimeSpan.FromSeconds(1) || silo.AlivePeriod > TimeSpan.FromMinutes(5))
            yield return "silo.alive_period must be between 1s and 5m";
        if (silo.ConnectionAge < TimeSpan.Zero || silo.ConnectionAge > TimeSpan.FromDays(1))
            yield return "silo.connection_age must be between 0 (never) and 24h";
    }
}
