using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Praefect.Grains;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Embedded;
using Praefect.Grains.Nodes;
using Praefect.Simulation.Checks;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>A process with the real grains on the real embedded runtime.</summary>
internal sealed class Silo
{
    private readonly EmbeddedGrainRuntime _runtime;

    private Silo(Host host, EmbeddedGrainRuntime runtime) => (Host, _runtime) = (host, runtime);

    public Host Host { get; }

    public IGrainFactory Grains => _runtime.Grains;

    /// <summary>It knows its nodes and takes calls.</summary>
    public bool Ready { get; private set; }

    /// <summary>A later one has taken over from it, which it may not know yet.</summary>
    public bool Superseded { get; set; }

    public static Silo Start(Host host, GrainOptions options, SimStore store, INodeGateway nodes, IRepositoryCatalogue catalogue, TurnOrder turns)
    {
        var services = new ServiceCollection();
        var loggers = new TraceLoggers(host, turns);
        services.AddSingleton<ILoggerFactory>(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(host.Time);
        services.AddSingleton(nodes);
        services.AddSingleton(catalogue);
        services.AddSingleton<IRandomSource>(new GrainRandom(host.World.Random.Fork()));
        services.AddEmbeddedGrains(g => g
            .AddGrains(typeof(GrainOptions).Assembly)
            .UseStore(_ => store.For(host))
            .Configure(o => (o.Time, o.Scheduler) = (host.Time, host)));
        services.AddPraefectGrains(options);
        var provider = services.BuildServiceProvider();
        var silo = new Silo(host, provider.GetRequiredService<EmbeddedGrainRuntime>());
        host.World.Trace.Add(host.Name, "starts");
        _ = host.Run(async () =>
        {
            await silo._runtime.StartAsync(CancellationToken.None);
            await provider.GetRequiredService<NodeDirectory>().StartAsync(CancellationToken.None);
            silo.Ready = true;
            host.World.Trace.Add(host.Name, "takes calls");
        });
        return silo;
    }
}
