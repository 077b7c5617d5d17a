using Praefect.Gateway.Grains;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Repositories;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Coordination;

/// <summary>
/// Hands the votes of nodes to the grains that count them, as often as it takes. A transaction id belongs to the gateway that made it, so one not found here does
/// not exist for the caller. One that is found here but not in its grain went down with a silo: that is no error of the caller, and whoever sent the write may
/// send it again.
/// </summary>
internal sealed class VoteRelay(TransactionDirectory directory, GrainCalls grains, GatewayOptions options, TimeProvider time, GatewayMetrics metrics)
{
    /// <summary>Casts a node's vote and waits for the decision.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="storage">The node.</param>
    /// <param name="vote">What it is about to change.</param>
    /// <param name="phase">Where it stands.</param>
    /// <param name="cancellationToken">The node waits no more.</param>
    /// <returns><see cref="VoteAnswer.Commit"/>, <see cref="VoteAnswer.Abort"/> or <see cref="VoteAnswer.Stop"/>.</returns>
    /// <exception cref="GrpcException">There is no such transaction, the vote cannot be, was cancelled, or could not be counted.</exception>
    public async Task<VoteAnswer> CastAsync(ulong id, string storage, Vote vote, VotePhase phase, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        metrics.TransactionAction("started");
        if (!directory.TryFind(id, out var key, out var lost))
        {
            metrics.TransactionAction("invalid");
            throw NotFound(id);
        }

        VoteResult result;
        try
        {
            result = await CountAsync(key, new Ballot(id, storage, vote, phase, directory.NextVote(id, storage)), lost, cancellationToken);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            metrics.Vote("failed", time.GetElapsedTime(started));
            throw Lost(id);
        }
        catch (OperationCanceledException)
        {
            metrics.Vote("canceled", time.GetElapsedTime(started));
            throw Cancelled();
        }
        catch (Exception e)
        {
            // The grain's runtime failed: the node aborts its change, as after any vote that was not answered.
            metrics.Vote("failed", time.GetElapsedTime(started));
            throw new GrpcException(GrpcStatusCode.Unavailable, $"vote could not be counted: {e.Message}", e);
        }

        if (await IsLostAsync(id, result))
        {
            metrics.Vote("failed", time.GetElapsedTime(started));
            throw Lost(id);
        }

        metrics.Vote(Action(result.Answer), time.GetElapsedTime(started));
        return Decision(result, id);
    }

    /// <summary>A node asks to end the transaction without an error. What is over already is not found, and counts for nothing.</summary>
    /// <exception cref="GrpcException">There is no such transaction, it was cancelled, or its grain cannot be reached.</exception>
    public async Task StopAsync(ulong id, CancellationToken cancellationToken)
    {
        if (!directory.TryFind(id, out var key, out _))
            throw NotFound(id);
        VoteResult result;
        try
        {
            result = await grains.CallAsync(
                key, id, static (grain, its, token) => grain.StopAsync(its, token), options.RouteTimeout, options.BeginBudget, cancellationToken);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"transaction could not be stopped: {e.Message}", e);
        }

        if (await IsLostAsync(id, result))
            throw Lost(id);
        _ = Decision(result, id);
        metrics.TransactionAction("stopped");
    }

    /// <summary>Asks until the vote is decided. A vote or its answer that went down with a silo is handed on again, under the same number.</summary>
    private async Task<VoteResult> CountAsync(RepositoryKey key, Ballot ballot, CancellationToken lost, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await grains.CallAsync(
                key, ballot, static (grain, its, token) => grain.VoteAsync(its, token), options.VoteAttemptTimeout, options.BeginBudget, cancellationToken).AsTask().WaitAsync(lost);
            if (result.Answer != VoteAnswer.Pending)
                return result;
        }
    }

    /// <summary>Whether the grain does not know a write whose nodes still work on it. Who waits for a vote in it then waits no more.</summary>
    private async Task<bool> IsLostAsync(ulong id, VoteResult result)
    {
        if (result.Answer != VoteAnswer.NotFound || !directory.IsVoting(id))
            return false;
        await directory.MarkLostAsync(id);
        return true;
    }

    private static VoteAnswer Decision(VoteResult result, ulong id) => result.Answer switch
    {
        VoteAnswer.Commit or VoteAnswer.Abort or VoteAnswer.Stop => result.Answer,
        VoteAnswer.NotFound => throw NotFound(id),
        VoteAnswer.Canceled => throw Cancelled(),
        _ => throw new GrpcException(GrpcStatusCode.Internal, result.Message),
    };

    private static string Action(VoteAnswer answer) => answer switch
    {
        VoteAnswer.Commit => "committed",
        VoteAnswer.Abort => "failed",
        VoteAnswer.Stop => "stopped",
        VoteAnswer.Canceled => "canceled",
        _ => "invalid",
    };

    private static GrpcException NotFound(ulong id) => new(GrpcStatusCode.NotFound, $"transaction not found: {id}");

    private static GrpcException Lost(ulong id) => new(GrpcStatusCode.Unavailable, $"transaction {id} is lost: the silo that counted its votes is gone");

    private static GrpcException Cancelled() => new(GrpcStatusCode.Cancelled, "transaction has been canceled");
}
