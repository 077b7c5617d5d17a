using System.Diagnostics;
using System.Net.Sockets;
using Praefect.Benchmarks.Proxy;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Scale;

/// <summary>What a load came to; times in microseconds.</summary>
internal sealed record LoadFigures(long Calls, double Seconds, double P50, double P99, long Errors, string FirstError)
{
    public double PerSecond => Calls / Seconds;
}

/// <summary>Closed-loop callers that go through many repositories in turn: whoever is free takes the next.</summary>
internal sealed class RepositoryLoad(Uri address, IReadOnlyList<string> paths, string operation, int callers)
{
    private const int CallersPerConnection = 16;

    /// <summary>Each repository once.</summary>
    public Task<LoadFigures> OnceAsync(CancellationToken cancellationToken)
    {
        var count = paths.Count;
        return RunAsync(call => call < count, cancellationToken);
    }

    /// <summary>Until the time is up.</summary>
    public Task<LoadFigures> ForAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        return RunAsync(_ => Stopwatch.GetElapsedTime(start) < time, cancellationToken);
    }

    /// <summary>A connection to a gateway.</summary>
    public static SocketsHttpHandler Connect(Uri address) => new()
    {
        UseProxy = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    private async Task<LoadFigures> RunAsync(Func<long, bool> goesOn, CancellationToken cancellationToken)
    {
        var invokers = Enumerable.Range(0, (callers + CallersPerConnection - 1) / CallersPerConnection).Select(_ => new HttpMessageInvoker(Connect(address))).ToArray();
        try
        {
            var next = -1L;
            var started = Stopwatch.GetTimestamp();
            var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
                () => CallAsync(new GrpcChannel(invokers[caller % invokers.Length]), caller, () => Interlocked.Increment(ref next) is var call && goesOn(call) ? call : null, cancellationToken),
                cancellationToken)));
            return Summarize(all, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        finally
        {
            foreach (var invoker in invokers)
                invoker.Dispose();
        }
    }

    private async Task<Samples> CallAsync(GrpcChannel channel, int caller, Func<long?> next, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        while (next() is { } call)
        {
            var repository = new Repository { StorageName = PraefectSetup.VirtualStorage, RelativePath = paths[(int)(call % paths.Count)] };
            var began = Stopwatch.GetTimestamp();
            try
            {
                await LoadOperation.CallAsync(operation, channel, repository, caller, cancellationToken);
                samples.Microseconds.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }
            catch (GrpcException e)
            {
                samples.Errors++;
                samples.FirstError ??= $"{e.Status.Code}: {e.Status.Message}";
            }
        }

        return samples;
    }

    private static LoadFigures Summarize(Samples[] samples, double seconds)
    {
        var all = samples.SelectMany(static s => s.Microseconds).Order().ToArray();
        double At(double part) => all.Length == 0 ? 0 : all[(int)(part * (all.Length - 1))];
        return new LoadFigures(
            all.Length, seconds, At(0.5), At(0.99), samples.Sum(static s => s.Errors), samples.Select(static s => s.FirstError).FirstOrDefault(static e => e is not null) ?? string.Empty);
    }

    private sealed class Samples
    {
        public List<double> Microseconds { get; } = new(1 << 12);

        public long Errors { get; set; }

        public string? FirstError { get; set; }
    }
}
