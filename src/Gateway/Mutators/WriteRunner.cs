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

namespace Praefect.Gateway.Mutators;

/// <summary>
/// Carries an opened write to its end. The primary's headers and messages go to the client as they come; its status is held back until the grain has
/// recorded the outcome, which happens on a budget of its own, whether the client still waits or not.
/// </summary>
internal sealed partial class WriteRunner(
    WriteDestinations destinations,
    TransactionDirectory directory,
    GrainCalls grains,
    NodeEvidence evidence,
    PushTurns turns,
    BackgroundWork background,
    GatewayOptions options,
    TimeProvider time,
    GatewayMetrics metrics,
    ILogger<WriteRunner> logger)
{
    public async Task RunAsync(ProxyCall call, MutatorRoute route, WriteExtras extras)
    {
        var opened = time.GetTimestamp();
        call.Route = CallRoute.Of(route, extras.AdditionalReplicaPath);
        directory.Add(route.TransactionId, call.Key, call.Method.Votes);
        metrics.WriteOpened(call.Nodes.Name, 1 + route.Secondaries.Length);
        ImmutableArray<WriteDestination> all = [];
        CallEnd? end = null;
        try
        {
            all = destinations.Create(call, route, extras);
            end = await RunCallsAsync(call, route.TransactionId, all);
        }
        finally
        {
            // Whatever happened above: what was opened is finished.
            directory.EndVoting(route.TransactionId);
            var outcomes = all.IsEmpty
                ? [.. new[] { route.Primary }.Concat(route.Secondaries).Select(s => new NodeOutcome(s, (int)GrpcStatusCode.Unavailable, "not called", Broken: true))]
                : all.Select(d => d.Outcome()).ToImmutableArray();
            foreach (var destination in all)
                destination.Dispose();
            var finished = new TaskCompletionSource<FinishResult?>(TaskCreationOptions.RunContinuationsAsynchronously);
            await FinishAsync(call.Key, route.TransactionId, outcomes, finished);
            if (end is not null)
                await AnswerAsync(call, end, finished.Task);
            metrics.WriteEnded(time.GetElapsedTime(opened));
        }
    }

    private async Task<CallEnd> RunCallsAsync(ProxyCall call, ulong transactionId, ImmutableArray<WriteDestination> all)
    {
        call.Response.Storage = all[0].Storage;
        using var callEnd = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        GrpcStatus? refusal = null;
        var fanOut = call.Method.ClientStreaming
            ? ClientFanOut.RunAsync(
                call.Http.Request.BodyReader, [.. all.Select(d => (FanOutContent)d.Content)], TurnTable.Of(call.Method).IsPush ? TakeTurnAsync : null, callEnd.Token)
            : Task.CompletedTask;
        var secondaries = all.Skip(1).Select(d => RunSecondaryAsync(call, transactionId, d)).ToArray();
        var primary = await all[0].RunAsync(call.Response, call.Token);
        Observe(all[0], primary);
        var released = primary is { Broken: true, CutOff: false } && call.Method.Votes && !Task.WhenAll(secondaries).IsCompleted
            ? CancelVoterAsync(call, transactionId, all[0].Storage, callEnd.Token)
            : Task.CompletedTask;
        await SettleAsync(all, secondaries, primary.Ok ? options.GraceAfterPrimarySuccess : options.GraceAfterPrimaryFailure, call.Token);
        await callEnd.CancelAsync();
        await fanOut;
        await released;
        return refusal is null ? primary : new CallEnd(refusal.Code, refusal.Message, primary.Break == CallBreak.InsideMessage ? CallBreak.InsideMessage : CallBreak.None);

        async Task TakeTurnAsync(CancellationToken token)
        {
            refusal = await turns.TakeAsync(call, transactionId, token);
            if (refusal is null)
                return;
            foreach (var destination in all)
                destination.Cut();
            throw new OperationCanceledException(refusal.Message);
        }
    }

    private async Task RunSecondaryAsync(ProxyCall call, ulong transactionId, WriteDestination destination)
    {
        var end = await destination.RunAsync(client: null, call.Token);
        Observe(destination, end);
        if (end.Ok || !call.Method.Votes || end.CutOff)
            return;
        LogSecondaryFailed(logger, call.Key, destination.Storage, end.Code, end.Message);
        await CancelVoterAsync(call, transactionId, destination.Storage, call.Token);
    }

    /// <summary>Tells the grain that a node's call is over: others may be waiting for its vote.</summary>
    private async Task CancelVoterAsync(ProxyCall call, ulong transactionId, string storage, CancellationToken cancellationToken)
    {
        try
        {
            await grains.CallAsync<(ulong Id, string Storage), bool>(
                call.Key,
                (transactionId, storage),
                static async (grain, which, token) =>
                {
                    await grain.CancelVoterAsync(which.Id, which.Storage, token);
                    return true;
                },
                options.RouteTimeout,
                options.BeginBudget,
                cancellationToken);
        }
        catch (Exception e)
        {
            if (!cancellationToken.IsCancellationRequested)
                LogCancelVoterFailed(logger, call.Key, storage, e.Message);
        }
    }

    /// <summary>Lets secondaries end by themselves for a while (voters that agree finish, and fail alike where the primary failed), then cuts them off.</summary>
    private async Task SettleAsync(ImmutableArray<WriteDestination> all, Task[] secondaries, TimeSpan grace, CancellationToken token)
    {
        var ended = Task.WhenAll(secondaries);
        if (ended.IsCompleted)
            return;
        try
        {
            await ended.WaitAsync(grace, time, token);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            foreach (var destination in all)
                destination.Cut();
            await ended;
        }
    }

    /// <summary>Starts the recording, with its own budget; waits for it here only through <paramref name="finished"/>.</summary>
    private async Task FinishAsync(RepositoryKey key, ulong transactionId, ImmutableArray<NodeOutcome> outcomes, TaskCompletionSource<FinishResult?> finished)
    {
        if (!background.TryRun("finish", Work))
            await Work(CancellationToken.None);

        async Task Work(CancellationToken stop)
        {
            try
            {
                var result = await RecordAsync(key, transactionId, outcomes, stop);
                metrics.Outcome(result);
                finished.TrySetResult(result);
            }
            catch (Exception e)
            {
                LogFinishFailed(logger, key, transactionId, e.Message);
                finished.TrySetResult(null);
            }
            finally
            {
                metrics.Rounds(directory.Remove(transactionId));
            }
        }
    }

    /// <summary>Asks again, within the budget, where the runtime failed or did not answer: the grain records an outcome once, however often it is told.</summary>
    private async Task<FinishResult> RecordAsync(RepositoryKey key, ulong transactionId, ImmutableArray<NodeOutcome> outcomes, CancellationToken stop) =>
        await grains.CallAsync(
            key,
            (Id: transactionId, Outcomes: outcomes),
            static (grain, write, token) => grain.FinishAsync(write.Id, write.Outcomes, token),
            options.FinishAttemptTimeout,
            options.FinishTimeout,
            stop);

    private static async Task AnswerAsync(ProxyCall call, CallEnd end, Task<FinishResult?> finished)
    {
        FinishResult? result;
        try
        {
            result = await finished.WaitAsync(call.Token);
        }
        catch (OperationCanceledException)
        {
            end = end with { CutOff = true };
            result = null;
        }

        var insideMessage = end.Break == CallBreak.InsideMessage;
        if (end.CutOff && call.Deadline.Expired)
            await call.Response.EndAsync(new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded"), insideMessage);
        else if (call.Http.RequestAborted.IsCancellationRequested)
            await call.Response.EndAsync(new GrpcStatus(GrpcStatusCode.Cancelled, "context canceled"), insideMessage);
        else if (result is null)
            await call.Response.EndAsync(new GrpcStatus(GrpcStatusCode.Unavailable, "outcome of the write could not be recorded and is in doubt"), insideMessage);
        else if (result.Outcome == WriteOutcome.InDoubt && (end.Ok || end.Broken))
            await call.Response.EndAsync(InDoubt(end), insideMessage);
        else
            await call.Response.EndAsync(end);
    }

    private static GrpcStatus InDoubt(CallEnd end) => new(
        GrpcStatusCode.Unavailable,
        end.Broken ? $"write is in doubt, replicas are being compared: {end.Message}" : "write is in doubt, replicas are being compared");

    private void Observe(WriteDestination destination, CallEnd end)
    {
        if (end.ConnectionLost && destination.Node is { } node)
            evidence.Unreachable(node, end.Message);
    }

    [LoggerMessage(1, LogLevel.Warning, "proxying to secondary failed: repository={Key} storage={Storage} code={Code} error={Error}")]
    private static partial void LogSecondaryFailed(ILogger logger, RepositoryKey key, string storage, GrpcStatusCode code, string error);

    [LoggerMessage(2, LogLevel.Warning, "cancelling a voter failed: repository={Key} storage={Storage} error={Error}")]
    private static partial void LogCancelVoterFailed(ILogger logger, RepositoryKey key, string storage, string error);

    [LoggerMessage(3, LogLevel.Warning, "recording the outcome of a write failed: repository={Key} transaction={TransactionId} error={Error}")]
    private static partial void LogFinishFailed(ILogger logger, RepositoryKey key, ulong transactionId, string error);
}
