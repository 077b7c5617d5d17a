using System.Globalization;
using System.Text.RegularExpressions;
using Praefect.Benchmarks.Proxy;
using Praefect.Trial.Processes;

namespace Praefect.Benchmarks.Scale;

/// <summary>A praefect that runs: all roles in one, a silo or a gateway.</summary>
internal sealed partial class PraefectProcess(PraefectSetup setup, ManagedProcess process, Uri address, Uri metrics, string configuration, HttpClient http) : IAsyncDisposable
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    public PraefectSetup Setup { get; } = setup;

    public Uri Address { get; } = address;

    /// <summary>Its configuration file, for commands.</summary>
    public string Configuration { get; } = configuration;

    /// <summary>From the start of the process until it said that it is ready.</summary>
    public TimeSpan Ready { get; set; }

    public double ProcessorSeconds => ProcessorTime.Seconds(process.Id);

    public long ResidentBytes => ProcessMemory.ResidentBytes(process.Id);

    public async Task<Scrape> ScrapeAsync(CancellationToken cancellationToken) =>
        new(await http.GetStringAsync(new Uri(metrics, "/metrics"), cancellationToken));

    /// <summary>Counts over all repositories, made when asked for.</summary>
    public Task<string> CountAsync(CancellationToken cancellationToken) => http.GetStringAsync(new Uri(metrics, "/db_metrics"), cancellationToken);

    /// <summary>What it says of its own start, which leaves out the start of .NET.</summary>
    public async Task<TimeSpan> LoggedStartAsync(CancellationToken cancellationToken)
    {
        // The line is written behind the moment in which it becomes ready.
        while (true)
        {
            var log = await File.ReadAllTextAsync(process.Spec.LogFile, cancellationToken);
            if (StartedIn().Matches(log).LastOrDefault() is { } found)
                return TimeSpan.FromMilliseconds(double.Parse(found.Groups["milliseconds"].Value, CultureInfo.InvariantCulture));
            await Task.Delay(ManagedProcess.ReadyPoll, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Ends it as an operator would.</summary>
    public async ValueTask DisposeAsync()
    {
        await process.StopAsync(StopMax);
        await process.DisposeAsync();
    }

    [GeneratedRegex("started in (?<milliseconds>[0-9]+) ms", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartedIn();
}
