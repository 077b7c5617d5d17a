using Grpc.Core;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Repositories;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Vote = Praefect.Grains.Transactions.Vote;

namespace Praefect.Gateway.Services;

/// <summary>
/// Votes of nodes, over the backchannel of the connection that brought them the write, or at the main port. A transaction id belongs to the gateway that
/// made it, so one not found here does not exist for the caller. One that is found here but not in its grain went down with a silo: that is no error of the
/// caller, and whoever sent the write may send it again.
/// </summary>
internal sealed class RefTransactionService(TransactionDirectory directory, GrainCalls grains, GatewayOptions options, TimeProvider time, GatewayMetrics metrics)
    : RefTransaction.RefTransactionBase
{
    /// <summary>Counts a vote, and answers once it is decided.</summary>
    public override async Task<VoteTransactionResponse> VoteTransaction(VoteTransactionRequest request, ServerCallContext context)
    {
        if (!Vote.TryRead(request.ReferenceUpdatesHash.Span, out var vote))
        {
            metrics.TransactionAction("invalid");
            throw new GrpcException(
                GrpcStatusCode.InvalidArgument, $"invalid reference update hash: invalid vote length {request.ReferenceUpdatesHash.Length}");
        }

        var started = time.GetTimestamp();
        metrics.TransactionAction("started");
        if (!directory.TryFind(request.TransactionId, out var key, out var lost))
        {
            metrics.TransactionAction("invalid");
            throw NotFound(request.TransactionId);
        }

        directory.Voted(request.TransactionId, request.Node);
        VoteResult result;
        try
        {
            var number = directory.NextVote(request.TransactionId, request.Node);
            result = await CountAsync(key, new Ballot(request.TransactionId, request.Node, vote, (VotePhase)request.Phase, number), lost, context.CancellationToken);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            metrics.Vote("failed", time.GetElapsedTime(started));
            throw Lost(request.TransactionId);
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

        if (await IsLostAsync(request.TransactionId, result))
        {
            metrics.Vote("failed", time.GetElapsedTime(started));
            throw Lost(request.TransactionId);
        }

        metrics.Vote(Action(result.Answer), time.GetElapsedTime(started));
        return new VoteTransactionResponse { State = State(result, request.TransactionId) };
    }

    /// <summary>Ends a transaction without failing it.</summary>
    public override async Task<StopTransactionResponse> StopTransaction(StopTransactionRequest request, ServerCallContext context)
    {
        if (!directory.TryFind(request.TransactionId, out var key, out _))
            throw NotFound(request.TransactionId);
        var result = await grains.Repository(key).StopAsync(request.TransactionId, context.CancellationToken);
        if (await IsLostAsync(request.TransactionId, result))
            throw Lost(request.TransactionId);
        // What is over already is not found, and counts for nothing.
        _ = State(result, request.TransactionId);
        metrics.TransactionAction("stopped");
        return new StopTransactionResponse();
    }

    /// <summary>Asks until the vote is decided. A vote or its answer that went down with a silo is handed on again.</summary>
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

    private static VoteTransactionResponse.Types.TransactionState State(VoteResult result, ulong id) => result.Answer switch
    {
        VoteAnswer.Commit => VoteTransactionResponse.Types.TransactionState.Commit,
        VoteAnswer.Abort => VoteTransactionResponse.Types.TransactionState.Abort,
        VoteAnswer.Stop => VoteTransactionResponse.Types.TransactionState.Stop,
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
