using System.Diagnostics;
using System.Net.Http;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Proxy;

/// <summary>What a load run came to.</summary>
internal sealed record LoadResult(long Calls, long Errors, double Seconds, double MeanMicroseconds, double P50Microseconds, double P99Microseconds, long Bytes, string FirstError)
{
    public double PerSecond => Calls / Seconds;

    public double MegabytesPerSecond => Bytes / Seconds / (1024 * 1024);
}

/// <summary>Closed-loop callers: each makes one call after the other until the time is up.</summary>
internal static class Load
{
    private const int CallersPerConnection = 16;

    public static async Task<LoadResult> RunAsync(Uri address, string virtualStorage, IReadOnlyList<string> paths, string operation, int callers, TimeSpan duration)
    {
        var channels = Enumerable.Range(0, (callers + CallersPerConnection - 1) / CallersPerConnection).Select(_ => Connect(address)).ToArray();
        await RunCallersAsync(TimeSpan.FromSeconds(1)); // warm-up: connections, tiers of compilation
        var clock = Stopwatch.GetTimestamp();
        var samples = await RunCallersAsync(duration);
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        return Summarize(samples, seconds);

        Task<CallerSamples[]> RunCallersAsync(TimeSpan time) => Task.WhenAll(Enumerable.Range(0, callers).Select(caller =>
        {
            var repository = new Repository { StorageName = virtualStorage, RelativePath = paths[caller % paths.Count] };
            return Task.Run(() => CallAsync(channels[caller % channels.Length], operation, repository, caller, time));
        }));
    }

    private static GrpcChannel Connect(Uri address)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        return new GrpcChannel(new HttpMessageInvoker(new FixedAuthority(handler, address)));
    }

    private static async Task<CallerSamples> CallAsync(GrpcChannel channel, string operation, Repository repository, int caller, TimeSpan time)
    {
        var samples = new CallerSamples();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                samples.Bytes += await LoadOperation.CallAsync(operation, channel, repository, caller, CancellationToken.None);
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

    private static LoadResult Summarize(CallerSamples[] samples, double seconds)
    {
        var all = samples.SelectMany(s => s.Microseconds).Order().ToArray();
        double At(double part) => all.Length == 0 ? 0 : all[(int)(part * (all.Length - 1))];
        return new LoadResult(
            all.Length,
            samples.Sum(s => s.Errors),
            seconds,
            all.Length == 0 ? 0 : all.Average(),
            At(0.5),
            At(0.99),
            samples.Sum(s => s.Bytes),
            samples.Select(s => s.FirstError).FirstOrDefault(e => e is not null) ?? string.Empty);
    }

    private sealed class CallerSamples
    {
        public List<double> Microseconds { get; } = new(1 << 16);

        public long Errors { get; set; }

        public long Bytes { get; set; }

        public string? FirstError { get; set; }
    }

    /// <summary>Sends every request to one address, whatever host its URI names.</summary>
    private sealed class FixedAuthority(HttpMessageHandler inner, Uri address) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(address, request.RequestUri!.AbsolutePath);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
