using Google.Protobuf.WellKnownTypes;
using Praefect.Grains.Repositories;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Gateway.Operations;

/// <summary>The explanation of a repository as it crosses the wire.</summary>
internal static class Explanations
{
    /// <summary>The same, as a message.</summary>
    public static ExplainRepositoryResponse Message(RepositoryExplanation explanation)
    {
        var message = new ExplainRepositoryResponse { State = explanation.State };
        if (explanation.Metadata is { } metadata)
        {
            message.RepositoryId = metadata.RepositoryId;
            message.ReplicaPath = metadata.ReplicaPath;
            message.Primary = metadata.Primary;
            message.Generation = metadata.Generation;
        }

        message.Replicas.AddRange(explanation.Replicas.Select(Message));
        message.Writes.AddRange(explanation.Writes.Select(Message));
        message.Waiting.AddRange(explanation.Waiting);
        message.Decisions.AddRange(explanation.Decisions.Select(static decision => new ExplainRepositoryResponse.Types.Decision
        {
            At = Timestamp.FromDateTimeOffset(decision.At), Call = decision.Call, Outcome = decision.Outcome,
        }));
        return message;
    }

    private static ExplainRepositoryResponse.Types.Replica Message(ReplicaExplanation replica) => new()
    {
        Storage = replica.Storage,
        Generation = replica.Generation,
        Assigned = replica.Assigned,
        Healthy = replica.Healthy,
        HealthReason = replica.HealthReason,
        Since = replica.Since is { } since ? Timestamp.FromDateTimeOffset(since) : null,
        Reads = replica.Reads,
        Primary = replica.Primary,
        Repair = replica.Repair,
    };

    private static ExplainRepositoryResponse.Types.Write Message(WriteExplanation write)
    {
        var message = new ExplainRepositoryResponse.Types.Write { TransactionId = write.TransactionId, State = write.State, Primary = write.Primary };
        message.Voters.AddRange(write.Voters.Select(static voter => new ExplainRepositoryResponse.Types.Voter { Storage = voter.Storage, State = voter.State }));
        message.Targets.AddRange(write.Targets);
        return message;
    }
}
