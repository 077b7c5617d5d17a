namespace Praefect.Silo.Configuration;

/// <summary>What a process of the cluster does, <c>role</c>.</summary>
public enum SiloRole
{
    /// <summary>Grains and gateway in one process: a gateway silo.</summary>
    All,

    /// <summary>Grains only: no port for gRPC calls or for git.</summary>
    Silo,

    /// <summary>The proxy only: keeps nothing, hosts no grains, and takes no part in the cluster's membership.</summary>
    Gateway,
}

/// <summary>The process among others, <c>[silo]</c>. Only an Orleans build has others.</summary>
public sealed record SiloSettings
{
    /// <summary>Value of <c>advertised_address</c> that has it found.</summary>
    public const string AutomaticAddress = "auto";

    /// <summary><c>role</c>: <c>all</c>, <c>silo</c> or <c>gateway</c>; <c>serve --role</c> wins. Roles other than <c>all</c> need <c>[database]</c>.</summary>
    public string Role { get; init; } = "all";

    /// <summary><c>cluster_id</c>: processes with the same id and database form one cluster.</summary>
    public string ClusterId { get; init; } = "praefect";

    /// <summary><c>service_id</c>: under which the records are kept; must never change for a database.</summary>
    public string ServiceId { get; init; } = "praefect";

    /// <summary><c>advertised_address</c>: IP address at which the other processes reach this one; <c>auto</c>: the one on the way to the database; empty: loopback.</summary>
    public string AdvertisedAddress { get; init; } = "";

    /// <summary><c>silo_port</c>: for the other silos; 0: any free port.</summary>
    public int SiloPort { get; init; }

    /// <summary><c>gateway_port</c>: for gateways, which are clients of the grains; 0: any free port for the role <c>silo</c>, none for <c>all</c>.</summary>
    public int GatewayPort { get; init; }

    /// <summary><c>silo_listen_port</c>: where it listens itself, when something that passes connections on has <c>silo_port</c>; 0: on <c>silo_port</c>.</summary>
    public int SiloListenPort { get; init; }

    /// <summary><c>gateway_listen_port</c>: the same for <c>gateway_port</c>.</summary>
    public int GatewayListenPort { get; init; }

    /// <summary>
    /// <c>probe_timeout</c>: how long a silo waits for another's answer to a probe, and the time between two probes. 100 ms to 1 min. Shorter finds dead silos
    /// sooner, and takes pauses of healthy ones for death.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>missed_probes</c>: after how many a silo is suspected. 1 to 20.</summary>
    public int MissedProbes { get; init; } = 2;

    /// <summary><c>death_votes</c>: how many silos must suspect another before it counts as dead. 1 to 10.</summary>
    public int DeathVotes { get; init; } = 1;

    /// <summary>
    /// <c>alive_period</c>: time between two signs of life in the database. 1 s to 5 min. A silo that starts does not wait for others without a sign of life for
    /// three periods, so this bounds the start after a crash of the whole cluster; each costs one small UPDATE.
    /// </summary>
    public TimeSpan AlivePeriod { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// <c>connection_age</c>: after how long, give or take a tenth, a gateway asks a client to connect anew, so that gateways that joined get their share. Calls on
    /// the old connection end in peace. 0: never.
    /// </summary>
    public TimeSpan ConnectionAge { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The role as checked; <see cref="SiloRole.All"/> for text that means none.</summary>
    public SiloRole Kind => TryParseRole(Role, out var role) ? role : SiloRole.All;

    /// <summary>Reads the name of a role.</summary>
    public static bool TryParseRole(string text, out SiloRole role)
    {
        (var known, role) = text switch
        {
            "all" => (true, SiloRole.All),
            "silo" => (true, SiloRole.Silo),
            "gateway" => (true, SiloRole.Gateway),
            _ => (false, SiloRole.All),
        };
        return known;
    }
}
