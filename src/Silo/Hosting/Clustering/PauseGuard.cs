using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Praefect.Gateway.Grains;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Clustering;

/// <summary>
/// Keeps a silo that was stopped in its tracks from answering by what it knew before: the others may have declared it dead meanwhile, and its repositories may have
/// moved on elsewhere. What it tries to write is refused by the records' versions, but a route of a read needs no record. Others need one probe's timeout at least to
/// give it up; after a pause of that length it routes nothing until the membership says that it still belongs to the cluster. Nor does it once it knows that it does
/// not, and neither does the gateway of the same process by what it remembers.
/// </summary>
/// <param name="givenUp">Whether this silo knows by now that it was declared dead.</param>
/// <param name="status">What the membership in the database says of this silo.</param>
/// <param name="longest">The shortest pause that is one: the timeout of a probe.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class PauseGuard(
    Func<bool> givenUp, Func<CancellationToken, Task<SiloStatus>> status, TimeSpan longest, TimeProvider time, ILogger<PauseGuard> logger)
    : BackgroundService, IIncomingGrainCallFilter, IClusterStanding
{
    private const int LooksInAPause = 10;
    private const string DeclaredDead = "the others have declared this silo dead";

    private readonly SemaphoreSlim _asking = new(1);
    private long _certain = time.GetTimestamp();
    private volatile bool _looked;
    private Refusal? _refused;

    private bool Certain => time.GetElapsedTime(Volatile.Read(ref _certain)) < longest;

    public static void Add(IServiceCollection services, SiloSettings settings)
    {
        services.AddSingleton(provider => new PauseGuard(
            () => provider.GetRequiredService<ISiloStatusOracle>().CurrentStatus == SiloStatus.Dead,
            token => StatusAsync(provider.GetRequiredService<IMembershipTable>(), provider.GetRequiredService<ILocalSiloDetails>().SiloAddress, token),
            settings.ProbeTimeout,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PauseGuard>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<PauseGuard>());
        services.AddSingleton<IIncomingGrainCallFilter>(static provider => provider.GetRequiredService<PauseGuard>());
        services.AddSingleton<IClusterStanding>(static provider => provider.GetRequiredService<PauseGuard>());
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await EnsureAsync(context.MethodName, CancellationToken.None);
        await context.Invoke();
    }

    /// <summary>Ends when a method of a grain may answer by what is in memory.</summary>
    /// <exception cref="RouteException">This silo no longer belongs to the cluster, or nobody can tell.</exception>
    public async ValueTask EnsureAsync(string method, CancellationToken cancellationToken)
    {
        if (Routes(method) && await RefusalAsync(cancellationToken) is { } refusal)
            throw new RouteException(RouteFailure.StoreUnavailable, refusal.Reason);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> GivenUpAsync(CancellationToken cancellationToken) =>
        // Who cannot tell goes on, as it does while the database is away.
        await RefusalAsync(cancellationToken) is { IsOver: true } refusal ? refusal.Reason : null;

    /// <summary>Notes that the process runs. The time is taken first: a pause between the two steps leaves the older one.</summary>
    public void Look()
    {
        var now = time.GetTimestamp();
        if (!Certain)
            return;
        _looked = true;
        Volatile.Write(ref _certain, now);
    }

    public override void Dispose()
    {
        _asking.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(longest / LooksInAPause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    // Null: this silo may answer by what it knows.
    private ValueTask<Refusal?> RefusalAsync(CancellationToken cancellationToken) =>
        givenUp() ? new ValueTask<Refusal?>(new Refusal(time.GetTimestamp(), DeclaredDead, IsOver: true)) : Certain ? default : new ValueTask<Refusal?>(AskAsync(cancellationToken));

    private async Task<Refusal?> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (Certain)
                return null;
            var asked = time.GetTimestamp();
            // While the database is away, not every call has to find that out.
            if (_refused is not { } last || time.GetElapsedTime(last.At) >= longest)
                _refused = await FindAsync(cancellationToken);
            if (_refused is null)
                Volatile.Write(ref _certain, asked);
            return _refused;
        }
        finally
        {
            _asking.Release();
        }
    }

    private static bool Routes(string method) => method is nameof(IRepositoryGrain.RouteAccessorAsync) or nameof(IRepositoryGrain.RouteMaintenanceAsync);

    private static async Task<SiloStatus> StatusAsync(IMembershipTable membership, SiloAddress silo, CancellationToken cancellationToken) =>
        (await membership.ReadRowAsync(silo, cancellationToken)).Members.Select(static member => member.Item1.Status).FirstOrDefault(SiloStatus.None);

    // Null: it belongs to the cluster.
    private async Task<Refusal?> FindAsync(CancellationToken cancellationToken)
    {
        var paused = time.GetElapsedTime(Volatile.Read(ref _certain));
        try
        {
            var told = await status(cancellationToken).WaitAsync(longest, time, cancellationToken);
            // Until the first look it is the start that took so long, which is nothing to tell.
            if (_looked || told != SiloStatus.Active)
                LogPaused((long)paused.TotalMilliseconds, told);
            return told == SiloStatus.Active ? null : new Refusal(time.GetTimestamp(), $"the silo was paused, and is {told} for the others", IsOver: true);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUncertain(e, (long)paused.TotalMilliseconds);
            return new Refusal(time.GetTimestamp(), $"the silo was paused, and cannot tell whether the others have given it up: {e.Message}", IsOver: false);
        }
    }

    private sealed record Refusal(long At, string Reason, bool IsOver);

    [LoggerMessage(LogLevel.Warning, "this process did not run for {Milliseconds} ms; for the others this silo is {Status}")]
    private partial void LogPaused(long milliseconds, SiloStatus status);

    [LoggerMessage(LogLevel.Warning, "this process did not run for {Milliseconds} ms, and cannot ask whether the others have given it up")]
    private partial void LogUncertain(Exception exception, long milliseconds);
}
