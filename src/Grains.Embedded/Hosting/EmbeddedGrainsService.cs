using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Praefect.Grains.Embedded;

/// <summary>Starts and stops the runtime with the host, and stops the host when the store is no longer ours.</summary>
internal sealed partial class EmbeddedGrainsService(EmbeddedGrainRuntime runtime, ILogger<EmbeddedGrainsService> log, IHostApplicationLifetime? lifetime = null)
    : IHostedService, IDisposable
{
    private CancellationTokenRegistration _lost;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await runtime.StartAsync(cancellationToken);
        _lost = runtime.StoreLost.UnsafeRegister(static self => ((EmbeddedGrainsService)self!).OnStoreLost(), this);
    }

    public Task StopAsync(CancellationToken cancellationToken) => runtime.StopAsync(cancellationToken);

    public void Dispose() => _lost.Dispose();

    private void OnStoreLost()
    {
        LogStoreLost(log);
        // Whatever these grains hold may be out of date from here on.
        runtime.Kill();
        lifetime?.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The exclusive lock on the grain store is lost: another process may own it now, this one stops")]
    private static partial void LogStoreLost(ILogger log);
}
