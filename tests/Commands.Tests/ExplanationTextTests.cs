using Google.Protobuf.WellKnownTypes;
using Praefect.Silo.Commands;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Commands.Tests;

/// <summary>The words of <c>explain</c> for what a sound cluster does not show.</summary>
public sealed class ExplanationTextTests
{
    private static readonly Timestamp At = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    [Fact]
    public void Writes_turns_and_a_replica_in_trouble_are_told_in_full()
    {
        var told = new ExplainRepositoryResponse
        {
            RepositoryId = 7,
            ReplicaPath = "@cluster/repositories/aa/bb/7",
            Primary = "g1",
            Generation = 5,
            State = "serves reads and writes",
            Replicas =
            {
                new ExplainRepositoryResponse.Types.Replica
                {
                    Storage = "g2", Generation = 3, Assigned = true, HealthReason = "connection refused", Since = At, Reads = "no: behind", Primary = "no: behind",
                    Repair = "to be copied when the storage is healthy",
                },
                new ExplainRepositoryResponse.Types.Replica { Storage = "g3", Generation = -1, HealthReason = "the storage is not configured", Reads = "no", Primary = "no" },
            },
            Writes =
            {
                new ExplainRepositoryResponse.Types.Write
                {
                    TransactionId = ulong.MaxValue, State = "under way", Primary = "g1", Targets = { "g2" },
                    Voters = { new ExplainRepositoryResponse.Types.Voter { Storage = "g1", State = "undecided" } },
                },
            },
            Waiting = { "write 8 waits" },
            Decisions = { new ExplainRepositoryResponse.Types.Decision { At = At, Call = "read", Outcome = "may go to g1" } },
        };
        using var output = new StringWriter { NewLine = "\n" };

        ExplanationText.Write(output, new ExplainRepositoryRequest { VirtualStorage = "default", RelativePath = "a.git" }, told);

        Assert.Equal(
            """
            Repository: "default"/"a.git"
            State: serves reads and writes
            Repository ID: 7
            Replica Path: "@cluster/repositories/aa/bb/7"
            Primary: "g1"
            Generation: 5
            Replicas:
            - Storage: "g2"
              Generation: 3, behind by 2 changes
              Health: not healthy: connection refused (since 2026-01-02 03:04:05.678 UTC)
              Assigned: yes
              Serves Reads: no: behind
              Primary: no: behind
              Repair: to be copied when the storage is healthy
            - Storage: "g3"
              Generation: no replica
              Health: not healthy: the storage is not configured
              Assigned: no
              Serves Reads: no
              Primary: no
            Writes:
            - Write: 18446744073709551615
              State: under way
              Primary: "g1"
              Vote of "g1": undecided
              Left To Repair: g2
            What new writes wait for:
            - write 8 waits
            Last routes, the newest first:
            - 2026-01-02 03:04:05.678 UTC read: may go to g1

            """,
            output.ToString());
    }
}
