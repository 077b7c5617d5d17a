using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Background;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Gateway.Turns;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Coordination;

/// <summary>
/// Takes an opened write to its end: has all nodes called, gives up on those that do not end, has the outcome recorded and says what the client is told, which is
/// held back until the grain has recorded it. That happens on a budget of its own, whether the client still waits or not. How the calls are made is the carrier's.
/// </summary>
internal sealed partial class WriteCoordinator(
    TransactionDirectory directory,
    GrainCalls grains,
    TurnTaking turns,
    NodeEvidence evidence,
    BackgroundWork background,
    GatewayOptions options,
    TimeProvider time,
    GatewayMetrics metrics,
    ILogger<WriteCoordinator> logger)
{
    /// <summary>Runs the write. Whatever happens on its way: what was opened is finished.</summary>
    public async Task<WriteReply> RunAsync(WriteCall call, MutatorRoute route, IWriteCarrier carrier)
    {
        var opened = time.GetTimestamp();
        directory.Add(route.TransactionId, call.Key, call.Votes);
        metrics.WriteOpened(call.Key.VirtualStorage, 1 + route.Secondaries.Length);
        ImmutableArray<Part> parts = [];
        try
        {
            CallEnd primary;
            Task<FinishResult?> recorded;
            try
            {
                parts = [.. carrier.Prepare(route).Select(p => new Part(p))];
                primary = await RunCallsAsync(call, route.TransactionId, parts, carrier);
            }
            finally
            {
                directory.EndVoting(route.TransactionId);
                var outcomes = parts.IsEmpty
                    ? [.. route.Secondaries.Insert(0, route.Primary).Select(s => new NodeOutcome(s, (int)GrpcStatusCode.Unavailable, "not called", Broken: true))]
                    : parts.Select(p => p.Outcome()).ToImmutableArray();
                foreach (var part in parts)
                    part.Participant.Dispose();
                recorded = await RecordAsync(call.Key, route.TransactionId, outcomes);
            }

            return await ReplyAsync(call, primary, recorded);
        }
        finally
        {
            metrics.WriteEnded(time.GetElapsedTime(opened));
        }
    }

    private async Task<CallEnd> RunCallsAsync(WriteCall call, ulong transactionId, ImmutableArray<Part> parts, IWriteCarrier carrier)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        GrpcStatus? refusal = null;
        var rest = carrier.SendRestAsync(AdmitAsync, over.Token);
        var secondaries = Task.WhenAll(parts.Skip(1).Select(p => RunSecondaryAsync(call, transactionId, p, cut.Token)).ToArray());
        var primary = await RunPartAsync(parts[0], cut.Token);
        var released = primary is { Broken: true, CutOff: false } && call.Votes && !secondaries.IsCompleted
            ? CancelVoterAsync(call.Key, transactionId, parts[0].Participant.Storage, over.Token)
            : Task.CompletedTask;
        await SettleAsync(secondaries, primary.Ok ? options.GraceAfterPrimarySuccess : options.GraceAfterPrimaryFailure, cut, call.Token);
        await over.CancelAsync();
        await rest;
        await released;
        return refusal is null ? primary : new CallEnd(refusal.Code, refusal.Message, primary.Break == CallBreak.InsideMessage ? CallBreak.InsideMessage : CallBreak.None);

        async Task AdmitAsync(ImmutableArray<string> keys, CancellationToken token)
        {
            refusal = await turns.TakeAsync(call.Key, transactionId, keys, token);
            if (refusal is null)
                return;
            await cut.CancelAsync();
            throw new OperationCanceledException(refusal.Message);
        }
    }

    private async Task RunSecondaryAsync(WriteCall call, ulong transactionId, Part part, CancellationToken cut)
    {
        var end = await RunPartAsync(part, cut);
        if (end.Ok || !call.Votes || end.CutOff)
            return;
        LogSecondaryFailed(logger, call.Key, part.Participant.Storage, end.Code, end.Message);
        await CancelVoterAsync(call.Key, transactionId, part.Participant.Storage, call.Token);
    }

    private async Task<CallEnd> RunPartAsync(Part part, CancellationToken cut)
    {
        if (part.Participant.Node is not { } node)
            return part.End = new CallEnd(GrpcStatusCode.Internal, $"no connection to node \"{part.Participant.Storage}\"", CallBreak.NotSent);
        var end = part.End = await part.Participant.RunAsync(cut);
        if (end.ConnectionLost)
            evidence.Unreachable(node, end.Message);
        return end;
    }

    /// <summary>Tells the grain that a node's call is over: others may be waiting for its vote.</summary>
    private async Task CancelVoterAsync(RepositoryKey key, ulong transactionId, string storage, CancellationToken cancellationToken)
    {
        try
        {
            await grains.CallAsync(
                key,
                (Id: transactionId, Storage: storage),
                static (grain, which, token) => grain.CancelVoterAsync(which.Id, which.Storage, token),
                options.RouteTimeout,
                options.BeginBudget,
                cancellationToken);
        }
        catch (Exception e)
        {
            if (!cancellationToken.IsCancellationRequested)
                LogCancelVoterFailed(logger, key, storage, e.Message);
        }
    }

    /// <summary>Lets secondaries end by themselves for a while (voters that agree finish, and fail alike where the primary failed), then cuts them off.</summary>
    private async Task SettleAsync(Task secondaries, TimeSpan grace, CancellationTokenSource cut, CancellationToken cancellationToken)
    {
        if (secondaries.IsCompleted)
            return;
        try
        {
            await secondaries.WaitAsync(grace, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await cut.CancelAsync();
            await secondaries;
        }
    }

    /// <summary>
    /// Starts the recording, which goes on by itself. It is asked for again, within its budget, where the runtime failed or did not answer: the grain records an
    /// outcome once, however often it is told.
    /// </summary>
    /// <returns>Its result; null: it failed.</returns>
    private async Task<Task<FinishResult?>> RecordAsync(RepositoryKey key, ulong transactionId, ImmutableArray<NodeOutcome> outcomes)
    {
        var recorded = new TaskCompletionSource<FinishResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!background.TryRun("finish", Work))
            await Work(CancellationToken.None);
        return recorded.Task;

        async Task Work(CancellationToken stop)
        {
            try
            {
                var result = await grains.CallAsync(
                    key,
                    (Id: transactionId, Outcomes: outcomes),
                    static (grain, write, token) => grain.FinishAsync(write.Id, write.Outcomes, token),
                    options.FinishAttemptTimeout,
                    options.FinishTimeout,
                    stop);
                metrics.Outcome(result);
                recorded.TrySetResult(result);
            }
            catch (Exception e)
            {
                LogFinishFailed(logger, key, transactionId, e.Message);
                recorded.TrySetResult(null);
            }
            finally
            {
                metrics.Rounds(directory.Remove(transactionId));
            }
        }
    }

    private static async Task<WriteReply> ReplyAsync(WriteCall call, CallEnd primary, Task<FinishResult?> recorded)
    {
        FinishResult? result = null;
        try
        {
            result = await recorded.WaitAsync(call.Token);
        }
        catch (OperationCanceledException)
        {
            primary = primary with { CutOff = true };
        }

        return new WriteReply(primary, OwnWord(call, primary, result));
    }

    private static GrpcStatus? OwnWord(WriteCall call, CallEnd primary, FinishResult? result)
    {
        if (primary.CutOff && call.Deadline.Expired)
            return new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded");
        if (call.ClientGone.IsCancellationRequested)
            return new GrpcStatus(GrpcStatusCode.Cancelled, "context canceled");
        if (result is null)
            return new GrpcStatus(GrpcStatusCode.Unavailable, "outcome of the write could not be recorded and is in doubt");
        if (result.Outcome != WriteOutcome.InDoubt || (!primary.Ok && !primary.Broken))
            return null;
        return new GrpcStatus(
            GrpcStatusCode.Unavailable,
            primary.Broken ? $"write is in doubt, replicas are being compared: {primary.Message}" : "write is in doubt, replicas are being compared");
    }

    [LoggerMessage(1, LogLevel.Warning, "proxying to secondary failed: repository={Key} storage={Storage} code={Code} error={Error}")]
    private static partial void LogSecondaryFailed(ILogger logger, RepositoryKey key, string storage, GrpcStatusCode code, string error);

    [LoggerMessage(2, LogLevel.Warning, "cancelling a voter failed: repository={Key} storage={Storage} error={Error}")]
    private static partial void LogCancelVoterFailed(ILogger logger, RepositoryKey key, string storage, string error);

    [LoggerMessage(3, LogLevel.Warning, "recording the outcome of a write failed: repository={Key} transaction={TransactionId} error={Error}")]
    private static partial void LogFinishFailed(ILogger logger, RepositoryKey key, ulong transactionId, string error);

    /// <summary>A participant, and how its call ended; null while it runs.</summary>
    private sealed class Part(IWriteParticipant participant)
    {
        public IWriteParticipant Participant { get; } = participant;

        public CallEnd? End { get; set; }

        /// <summary>The ending as the grain wants it told.</summary>
        public NodeOutcome Outcome() => End is { } end
            ? new NodeOutcome(Participant.Storage, (int)end.Code, end.Message, end.Broken)
            : new NodeOutcome(Participant.Storage, (int)GrpcStatusCode.Cancelled, "call was cut off", Broken: true);
    }
}
