using System.Collections.Concurrent;
using System.Collections.Immutable;
using Praefect.Cluster.Histories;
using Praefect.Wire.Grpc;

namespace Praefect.Cluster.Registers;

/// <summary>
/// Clients that read, write, swap and delete a few references at the same time, each in a closed loop, through all gateways in turn. No value is written twice,
/// so that every read tells which write it saw.
/// </summary>
internal sealed class RegisterLoad(ImmutableArray<Register> registers, ImmutableArray<string> values, GatewaySet gateways, TimeSpan pace, TimeProvider time)
{
    private static readonly TimeSpan s_afterRefusal = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<CallRecord> _calls = new();
    private int _valuesUsed;

    /// <summary>What became of every call.</summary>
    public IReadOnlyCollection<CallRecord> Calls => _calls;

    /// <summary>Runs until it is told to stop; calls under way end first.</summary>
    public Task RunAsync(int clients, int seed, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(client => LoopAsync(client, new Random(seed + client), stop)));

    private async Task LoopAsync(int client, Random random, CancellationToken stop)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            var register = registers[random.Next(registers.Length)];
            var dice = random.Next(20);
            var value = dice >= 11 ? NewValue() : null;
            if (dice is >= 11 and < 14 && value is not null)
                await DoAsync(client, register, OperationKind.Write, null, value, primary: false);
            else if (await DoAsync(client, register, OperationKind.Read, null, null, random.Next(2) == 0) is { Value: var seen } && (dice > 10 ? value : dice == 10 ? seen : null) is not null)
                await DoAsync(client, register, OperationKind.Swap, seen, value, primary: false);
            await Task.Delay(pace, time, CancellationToken.None);
        }
    }

    private async Task<Operation?> DoAsync(int client, Register register, OperationKind kind, string? expected, string? value, bool primary)
    {
        var gateway = gateways.Next();
        var who = RegisterCalls.Name(client, gateway) + (primary ? RegisterRun.OfThePrimary : string.Empty);
        var operation = new Operation(who, kind, expected, value, OperationResult.Unknown, time.GetTimestamp(), long.MaxValue);
        var (ended, status) = await CallAsync(gateway.Channel, register, operation, primary);
        if (ended is not null)
            register.Add(ended);
        if (status == GrpcStatusCode.Unavailable)
        {
            gateways.PassOver(gateway);
            await Task.Delay(s_afterRefusal, time, CancellationToken.None);
        }

        return ended;
    }

    private string? NewValue() => Interlocked.Increment(ref _valuesUsed) is var number && number <= values.Length ? values[number - 1] : null;

    private async Task<(Operation? Ended, GrpcStatusCode Status)> CallAsync(GrpcChannel channel, Register register, Operation operation, bool primary)
    {
        try
        {
            var done = operation with { Result = OperationResult.Done };
            switch (operation.Kind)
            {
                case OperationKind.Read:
                    done = done with { Value = await RegisterCalls.ReadAsync(channel, register, primary, CancellationToken.None) };
                    break;
                case OperationKind.Write:
                    await RegisterCalls.WriteAsync(channel, register, operation.Value!, CancellationToken.None);
                    break;
                default:
                    await RegisterCalls.SwapAsync(channel, register, operation.Expected, operation.Value, CancellationToken.None);
                    break;
            }

            return (Record(register, done, "OK", string.Empty), GrpcStatusCode.OK);
        }
        catch (GrpcException e)
        {
            var result = operation.Kind == OperationKind.Read ? null : RegisterCalls.Result(e.Status);
            var ended = Record(register, operation with { Result = result ?? OperationResult.Unknown }, result == OperationResult.Differed ? "OK" : e.Status.Code.ToString(), e.Status.Message);
            return (result is null ? null : ended, e.Status.Code);
        }
    }

    private Operation Record(Register register, Operation operation, string status, string reason)
    {
        var now = time.GetTimestamp();
        var took = time.GetElapsedTime(operation.Started, now);
        _calls.Enqueue(new CallRecord(register.Repository, operation.Kind != OperationKind.Read, now, took, status, $"{operation.Kind}: {reason}"));
        return operation with { Ended = now };
    }
}
