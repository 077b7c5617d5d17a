using Orleans.Configuration;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Clustering;

/// <summary>How fast silos notice that one of them is gone, as <c>[silo]</c> says.</summary>
internal static class Membership
{
    /// <summary>Periods without a sign of life after which a silo that starts no longer tries to reach another.</summary>
    private const int SignsOfLifeMissed = 3;

    public static void Configure(ClusterMembershipOptions membership, SiloSettings settings)
    {
        membership.ProbeTimeout = settings.ProbeTimeout;
        // A silo that finds itself slow waits longer for others, but never so long that a hung one goes unnoticed.
        membership.MaxProbeTimeout = settings.ProbeTimeout * 2;
        membership.NumMissedProbesLimit = settings.MissedProbes;
        membership.NumVotesForDeathDeclaration = settings.DeathVotes;
        // Changes are gossiped; this is for gossip that was lost. Who is declared dead while the others cannot reach it must not go on answering for long.
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(1);
        membership.IAmAliveTablePublishTimeout = settings.AlivePeriod;
        membership.NumMissedTableIAmAliveLimit = SignsOfLifeMissed;
        membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
    }
}
