using Microsoft.Extensions.Logging;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <content>Votes on writes under way.</content>
public sealed partial class RepositoryGrain
{
    /// <inheritdoc/>
    public async Task<VoteResult> VoteAsync(Ballot ballot, CancellationToken cancellationToken)
    {
        if (!_writes.TryGetValue(ballot.TransactionId, out var session) || session.Votes is null)
            return NoSuchTransaction(ballot.TransactionId);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        if (ballot.Phase is VotePhase.Preparing or VotePhase.Synchronized && await RegainTurnAsync(session, waiting.Token) is { } notYet)
            return notYet;
        var (round, answer) = session.Cast(ballot);
        if (round is null)
            return answer!;
        var storage = ballot.Storage;
        try
        {
            if (!round.Decided.IsCompleted)
                await round.Decided.WaitAsync(_options.VoteWait, _time, waiting.Token);
        }
        catch (TimeoutException)
        {
            return VoteResult.Pending;
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for the answer: without a decision the vote is withdrawn, a decided one stands.
            round.CancelVoter(storage);
            return Canceled();
        }

        var result = round.ResultOf(storage);
        return result.Answer == VoteAnswer.Commit ? await GoAheadAsync(session, waiting.Token) : result;
    }

    /// <inheritdoc/>
    public Task<VoteResult> StopAsync(ulong transactionId, CancellationToken cancellationToken)
    {
        if (!_writes.TryGetValue(transactionId, out var session) || session.Votes is not { } votes)
            return Task.FromResult(NoSuchTransaction(transactionId));
        return Task.FromResult(votes.Stop() ? new VoteResult(VoteAnswer.Stop, "transaction has been stopped") : Canceled());
    }

    /// <inheritdoc/>
    public Task CancelVoterAsync(ulong transactionId, string storage, CancellationToken cancellationToken)
    {
        if (_writes.TryGetValue(transactionId, out var session))
            session.Votes?.CancelVoter(storage);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The moment after which a node may change what others can see. Two things come before it: the durable record that this write is under way, so that a crash
    /// is noticed; and, for the first go-ahead of a write, the end of a comparison of the replicas, which must not see them change. Further go-aheads of the same
    /// write are not held back by a comparison, as that waits for this write to end.
    /// </summary>
    private async Task<VoteResult> GoAheadAsync(WriteSession session, CancellationToken cancellationToken)
    {
        try
        {
            var until = _time.GetUtcNow() + _options.VoteWait;
            await session.Intent.WaitAsync(_options.VoteWait, _time, cancellationToken);
            while (!session.CommitAnswered && !_failed && QuietUntil() is { } quiet)
            {
                if (_time.GetUtcNow() >= until)
                    return VoteResult.Pending;
                await WaitAsync(quiet.Over, quiet.Until < until ? quiet.Until : until, cancellationToken);
            }
        }
        catch (TimeoutException) when (!session.Intent.IsCompleted)
        {
            return VoteResult.Pending;
        }
        catch (Exception)
        {
            // The record did not become durable, or the node stopped waiting: it is not told to go ahead.
            return Canceled();
        }

        if (_failed || !IsOpen(session))
            return Canceled();
        if (!session.CommitAnswered && session.Turn is { } turn)
            LogGoesAhead(session.Route.TransactionId, _key, turn.Token);
        session.CommitAnswered = true;
        return VoteResult.Commit;
    }

    private bool IsOpen(WriteSession session) =>
        !session.Removed && !session.Voided && _writes.TryGetValue(session.Route.TransactionId, out var open) && ReferenceEquals(open, session);

    [LoggerMessage(LogLevel.Debug, "write {TransactionId} on {Repository} is told to go ahead in turn {Turn}")]
    private partial void LogGoesAhead(ulong transactionId, RepositoryKey repository, TurnToken turn);

    private static VoteResult Canceled() => new(VoteAnswer.Canceled, "transaction has been canceled");

    private static VoteResult NoSuchTransaction(ulong transactionId) => new(VoteAnswer.NotFound, $"transaction not found: {transactionId}");
}
