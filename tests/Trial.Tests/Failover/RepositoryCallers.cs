using System.Collections.Concurrent;
using Google.Protobuf;
using Praefect.Trial.Clusters;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Tests.Failover;

/// <summary>One who writes a reference of a repository again and again, and one who reads it.</summary>
internal sealed class RepositoryCallers(LoopbackGrpc gateway, string path, string[] commits, TimeProvider time)
{
    /// <summary>The reference that is written.</summary>
    public const string Reference = "refs/heads/written";

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    // Without pauses the machine is full, and the gaps are those of its queue. They are part of the gaps.
    private static readonly TimeSpan ReadPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WritePause = TimeSpan.FromMilliseconds(400);

    // What the reference may point at: the last write that was acknowledged, and those after it of which nobody knows.
    private readonly List<string> _possible = [];
    private int _next;

    public string Path { get; } = path;

    public CallerGaps Writes { get; } = new(time);

    public CallerGaps Reads { get; } = new(time);

    public int Acknowledged { get; private set; }

    /// <summary>Statuses of the calls that failed.</summary>
    public ConcurrentDictionary<GrpcStatusCode, int> Failures { get; } = [];

    /// <summary>Commits of which one must be found on every replica.</summary>
    public IReadOnlyList<string> Possible => _possible;

    public Repository Repository => new() { StorageName = LocalCluster.VirtualStorage, RelativePath = Path };

    /// <summary>Both call until told to stop; calls under way are finished.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(RepeatAsync(WriteAsync, Writes, WritePause, stop), RepeatAsync(ReadAsync, Reads, ReadPause, stop));

    private async Task RepeatAsync(Func<Task> call, CallerGaps gaps, TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await call();
                gaps.Worked();
                await Task.Delay(pause, time, CancellationToken.None);
            }
            catch (GrpcException e)
            {
                Failures.AddOrUpdate(e.Status.Code, 1, static (_, count) => count + 1);
                await Task.Delay(RetryPause, time, CancellationToken.None);
            }
        }
    }

    private async Task WriteAsync()
    {
        var commit = commits[_next++ % commits.Length];
        _possible.Add(commit);
        await gateway.CallAsync(
            "/gitaly.RepositoryService/WriteRef",
            new WriteRefRequest { Repository = Repository, Ref = ByteString.CopyFromUtf8(Reference), Revision = ByteString.CopyFromUtf8(commit) },
            WriteRefResponse.Parser, null, CancellationToken.None);
        _possible.Clear();
        _possible.Add(commit);
        Acknowledged++;
    }

    private Task ReadAsync() => gateway.CallAsync(
        "/gitaly.RefService/RefExists",
        new RefExistsRequest { Repository = Repository, Ref = ByteString.CopyFromUtf8("refs/heads/main") },
        RefExistsResponse.Parser, null, CancellationToken.None);
}
