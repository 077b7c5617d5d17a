using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime.Hosting;
using Praefect.Grains;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;
using Praefect.Simulation.Checks;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Hosting;
using Praefect.Store;

namespace Praefect.Simulation.Machines;

/// <summary>A process with the real grains, and the product's own storage under them.</summary>
internal sealed class Silo
{
    private Silo(Host host, IGrainFactory grains) => (Host, Grains) = (host, grains);

    public Host Host { get; }

    public IGrainFactory Grains { get; }

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
        services.AddSingleton(store.For(host));
        services.AddGrainStorage(GrainOptions.StorageProvider, static (provider, _) => new StoreGrainStorage(provider.GetRequiredService<IGrainStore>()));
        services.AddSingleton<IReminderTable, StoreReminderTable>();
        services.AddGrainHost(host);
        services.AddPraefectGrains(options);
        var provider = services.BuildServiceProvider();
        var grains = provider.GetRequiredService<GrainHost>();
        var silo = new Silo(host, grains.Grains);
        host.World.Trace.Add(host.Name, "starts");
        _ = host.Run(async () =>
        {
            await grains.StartAsync(CancellationToken.None);
            await provider.GetRequiredService<NodeDirectory>().StartAsync(CancellationToken.None);
            silo.Ready = true;
            host.World.Trace.Add(host.Name, "takes calls");
        });
        return silo;
    }
}
