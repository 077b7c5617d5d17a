using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Cluster;

/// <summary>What became of one call.</summary>
internal sealed record CallRecord(int Repository, bool Write, long Ended, TimeSpan Took, string Status, string Reason);

/// <summary>A write that was answered with OK.</summary>
internal sealed record AcknowledgedWrite(int Repository, string Reference, string Commit);

/// <summary>
/// A closed loop of reads and one of writes per repository, through all processes that take calls, as a load balancer
/// (<see cref="GatewaySet"/>) would choose them; every error counts. Each write makes a reference of its own, so that none can hide the loss of another.
/// </summary>
internal sealed class Load(ImmutableArray<string> paths, ImmutableArray<string> commits, GatewaySet gateways, SuiteSize size, TimeProvider time)
{
    private static readonly TimeSpan CallMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterError = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<CallRecord> _calls = new();
    private readonly ConcurrentQueue<AcknowledgedWrite> _acknowledged = new();

    public IReadOnlyCollection<CallRecord> Calls => _calls;

    public IReadOnlyCollection<AcknowledgedWrite> Acknowledged => _acknowledged;

    /// <summary>Runs until it is told to stop; calls under way end first.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, paths.Length)
        .SelectMany(repository => new[] { LoopAsync(repository, write: false, stop), LoopAsync(repository, write: true, stop) }));

    private async Task LoopAsync(int repository, bool write, CancellationToken stop)
    {
        await Task.Yield();
        var pause = write ? size.WritePause : size.ReadPause;
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var gateway = gateways.Next();
            var started = time.GetTimestamp();
            var (status, reason) = await CallAsync(gateway.Channel, repository, write, number);
            _calls.Enqueue(new CallRecord(repository, write, time.GetTimestamp(), time.GetElapsedTime(started), status, $"{(write ? "write" : "read")} through {gateway.Name}: {reason}"));
            if (status == "Unavailable")
                gateways.PassOver(gateway);
            await Task.Delay(status == "OK" ? pause : pause + AfterError, time, CancellationToken.None);
        }
    }

    private async Task<(string Status, string Reason)> CallAsync(GrpcChannel channel, int repository, bool write, int number)
    {
        try
        {
            var target = new Repository { StorageName = ClusterProcesses.VirtualStorage, RelativePath = paths[repository] };
            var options = new GrpcCallOptions { Timeout = CallMax };
            if (!write)
            {
                var request = new RefExistsRequest { Repository = target, Ref = ByteString.CopyFromUtf8("refs/heads/main") };
                var answer = await channel.UnaryAsync("/gitaly.RefService/RefExists", request, RefExistsResponse.Parser, options, CancellationToken.None);
                return (answer.Value ? "OK" : "wrong answer", string.Empty);
            }

            var reference = string.Create(CultureInfo.InvariantCulture, $"refs/heads/load-{number}");
            var commit = commits[number % commits.Length];
            var change = new WriteRefRequest { Repository = target, Ref = ByteString.CopyFromUtf8(reference), Revision = ByteString.CopyFromUtf8(commit) };
            await channel.UnaryAsync("/gitaly.RepositoryService/WriteRef", change, WriteRefResponse.Parser, options, CancellationToken.None);
            _acknowledged.Enqueue(new AcknowledgedWrite(repository, reference, commit));
            return ("OK", string.Empty);
        }
        catch (GrpcException e)
        {
            return (e.Status.Code.ToString(), e.Status.Message);
        }
    }
}
