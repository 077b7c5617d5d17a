using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <content>
/// Turns of conflicting writes: granted before any node can take a lock, given back when no node works on the write any more, taken away from who is gone.
/// Turns live in this activation alone. When it is lost, so are the writes that it opened: their votes find nobody, and new writes are admitted from the start.
/// </content>
public sealed partial class RepositoryGrain
{
    private readonly WriteTurns _turns;

    /// <inheritdoc/>
    public async Task<TurnAnswer> TakeTurnAsync(ulong transactionId, ImmutableArray<string> keys, CancellationToken cancellationToken)
    {
        if (_failed || !_writes.TryGetValue(transactionId, out var session) || !IsOpen(session))
            return TurnAnswer.Lost;
        if (!_options.WriteTurns || keys.IsDefaultOrEmpty || session.Turn is { State: not TurnState.Waiting })
            return TurnAnswer.Granted;
        var claim = session.Turn = Claim(transactionId, keys);
        await WaitForTurnAsync(claim, cancellationToken);
        return claim.State switch
        {
            TurnState.Waiting => TurnAnswer.Pending,
            TurnState.Held or TurnState.Passed => TurnAnswer.Granted,
            _ => TurnAnswer.Lost,
        };
    }

    /// <summary>Waits for the turn of a write that is to be opened.</summary>
    /// <returns>Null: it takes none.</returns>
    private async Task<TurnClaim?> TakeTurnAsync(MutatorRequest request, CancellationToken cancellationToken)
    {
        if (!_options.WriteTurns || request.Turns.IsDefaultOrEmpty)
            return null;
        ThrowIfFailed();
        ThrowIfClosed();
        var claim = Claim(request.TransactionId, request.Turns);
        await WaitForTurnAsync(claim, cancellationToken);
        ThrowUnlessHeld(claim);
        return claim;
    }

    // Also for a claim that went down with its activation, or was silent for too long: it starts over.
    private static void ThrowUnlessHeld(TurnClaim? claim)
    {
        if (claim is { State: not TurnState.Held })
            throw new RouteException(RouteFailure.TurnPending, "the write's turn has not come yet");
    }

    private TurnClaim Claim(ulong transactionId, ImmutableArray<string> keys)
    {
        var claim = _turns.Claim(transactionId, keys, _time.GetUtcNow())
            ?? throw new RouteException(RouteFailure.TooManyWaiting, $"{_turns.Waiting} writes of the repository wait for their turn, as many as it admits");
        EnsureUpkeep();
        return claim;
    }

    private async Task WaitForTurnAsync(TurnClaim claim, CancellationToken cancellationToken)
    {
        if (claim.State != TurnState.Waiting)
            return;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _shutdown.Token);
        try
        {
            await WaitAsync(claim.Changed, _time.GetUtcNow() + _options.TurnSlice, waiting.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The process is being stopped: the caller asks elsewhere.
        }
        catch (OperationCanceledException)
        {
            _turns.Release(claim.TransactionId, _time.GetUtcNow());
            throw;
        }
    }

    /// <summary>
    /// A node says that it is about to take locks. A write that lost its turn to others by being slow waits for another one: nodes that cast such a vote get the
    /// same order whatever came before.
    /// </summary>
    /// <returns>Null: the vote may be cast. Else its answer.</returns>
    private async Task<VoteResult?> RegainTurnAsync(WriteSession session, CancellationToken cancellationToken)
    {
        try
        {
            if (session.Turn is { State: TurnState.Passed } passed)
                session.Turn = Claim(passed.TransactionId, passed.Keys);
            if (session.Turn is { State: TurnState.Waiting } claim)
                await WaitAsync(claim.Changed, _time.GetUtcNow() + _options.VoteWait, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or RouteException)
        {
            return Canceled();
        }

        if (!IsOpen(session))
            return Canceled();
        return session.Turn is { State: TurnState.Waiting } ? VoteResult.Pending : null;
    }

    private void ExpireTurns()
    {
        foreach (var taken in _turns.Expire(_time.GetUtcNow(), _options.TurnLease, _options.TurnHold))
        {
            LogTaken(taken.Token, taken.TransactionId, _key, taken.State);
            // Fenced: whatever its gateway believes when it wakes up, no node of it is told to go ahead.
            if (taken.State == TurnState.Lost && _writes.TryGetValue(taken.TransactionId, out var session) && session is { Votes: not null, CommitAnswered: false })
            {
                session.Voided = true;
                session.Votes.Cancel();
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "turn {Turn} of write {TransactionId} on {Repository} went to the next: {State}")]
    private partial void LogTaken(TurnToken turn, ulong transactionId, RepositoryKey repository, TurnState state);
}
