using Microsoft.Extensions.DependencyInjection;
using Orleans.CodeGeneration;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.Serializers;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// What a host takes from Orleans as it is: generated proxies, invokables and copiers, the facts about grain classes, and the bridge from grains to storage. None of it
/// starts anything or looks at a clock, so one set serves all hosts of a process.
/// </summary>
internal sealed class OrleansParts
{
    private static readonly Lazy<OrleansParts> s_instance = new(static () => new OrleansParts());

    // By name: Orleans registers them for itself.
    private static readonly HashSet<string> s_shared = new(StringComparer.Ordinal) { nameof(IPersistentStateFactory), "OrleansInstruments", "StorageInstruments" };
    private static readonly HashSet<string> s_perHost = new(StringComparer.Ordinal) { "StateStorageBridgeSharedMap" };

    private readonly ServiceProvider _services;
    private readonly CodecProvider _codecs;
    private readonly CopyContextPool _copies;
    private readonly ServiceDescriptor[] _forHosts;

    private OrleansParts()
    {
        var services = new ServiceCollection();
        services.AddOrleans(static _ => { });
        _services = services.BuildServiceProvider();
        _codecs = _services.GetRequiredService<CodecProvider>();
        _copies = _services.GetRequiredService<CopyContextPool>();
        Responses = _services.GetRequiredService<DeepCopier<Response>>();
        Types = new GrainTypes(_services);
        _forHosts =
        [
            .. services.Where(s => s_shared.Contains(s.ServiceType.Name)).Select(s => s.ServiceType).Distinct()
                .Select(type => ServiceDescriptor.Singleton(type, _services.GetRequiredService(type))),
            ServiceDescriptor.Singleton(_services.GetRequiredService<IActivatorProvider>()),
            .. services.Where(s => s_perHost.Contains(s.ServiceType.Name)),
        ];
    }

    public static OrleansParts Instance => s_instance.Value;

    public GrainTypes Types { get; }

    /// <summary>Answers are copied, as arguments are by the proxies: grains share nothing.</summary>
    public DeepCopier<Response> Responses { get; }

    /// <summary>Adds what grains ask the container of a host for.</summary>
    public void AddTo(IServiceCollection services)
    {
        foreach (var service in _forHosts)
            services.Add(service);
    }

    /// <summary>What the references to one kind of grain through one interface share.</summary>
    public GrainReferenceShared Share(GrainType grain, GrainInterfaceType type, IGrainReferenceRuntime runtime) =>
        new(grain, type, 0, runtime, InvokeMethodOptions.None, _codecs, _copies, _services);
}
