using Grpc.Core;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Vote = Praefect.Grains.Transactions.Vote;

namespace Praefect.Gateway.Services;

/// <summary>Votes of nodes, over the backchannel of the connection that brought them the write, or at the main port.</summary>
internal sealed class RefTransactionService(VoteRelay votes, GatewayMetrics metrics) : RefTransaction.RefTransactionBase
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

        var answer = await votes.CastAsync(request.TransactionId, request.Node, vote, (VotePhase)request.Phase, context.CancellationToken);
        return new VoteTransactionResponse { State = State(answer) };
    }

    /// <summary>Ends a transaction without failing it.</summary>
    public override async Task<StopTransactionResponse> StopTransaction(StopTransactionRequest request, ServerCallContext context)
    {
        await votes.StopAsync(request.TransactionId, context.CancellationToken);
        return new StopTransactionResponse();
    }

    private static VoteTransactionResponse.Types.TransactionState State(VoteAnswer answer) => answer switch
    {
        VoteAnswer.Commit => VoteTransactionResponse.Types.TransactionState.Commit,
        VoteAnswer.Stop => VoteTransactionResponse.Types.TransactionState.Stop,
        _ => VoteTransactionResponse.Types.TransactionState.Abort,
    };
}
