using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Serialization.Configuration;

namespace Praefect.Simulation.Hosting;

/// <summary>The grain classes and interfaces of this process, and which class an interface means, told by Orleans' own providers and resolver.</summary>
internal sealed class GrainTypes : IClusterManifestProvider
{
    private readonly Dictionary<GrainType, GrainClass> _classes = [];
    private readonly Dictionary<GrainInterfaceType, ConstructorInvoker> _proxies = [];
    private readonly GrainInterfaceTypeResolver _interfaces;
    private readonly GrainInterfaceTypeToGrainTypeResolver _implementations;

    public GrainTypes(IServiceProvider orleans)
    {
        _interfaces = orleans.GetRequiredService<GrainInterfaceTypeResolver>();
        var options = orleans.GetRequiredService<IOptions<GrainTypeOptions>>().Value;
        var names = orleans.GetRequiredService<GrainTypeResolver>();
        var grains = ImmutableDictionary.CreateBuilder<GrainType, GrainProperties>();
        foreach (var type in options.Classes)
        {
            var (grain, properties) = (names.GetGrainType(type), new Dictionary<string, string>(StringComparer.Ordinal));
            foreach (var provider in orleans.GetServices<IGrainPropertiesProvider>())
                provider.Populate(type, grain, properties);
            grains[grain] = new GrainProperties(properties.ToImmutableDictionary(StringComparer.Ordinal, StringComparer.Ordinal));
            _classes[grain] = new GrainClass(type, grain, properties, orleans);
        }

        var interfaces = ImmutableDictionary.CreateBuilder<GrainInterfaceType, GrainInterfaceProperties>();
        foreach (var type in options.Interfaces)
        {
            var (id, properties) = (_interfaces.GetGrainInterfaceType(type), new Dictionary<string, string>(StringComparer.Ordinal));
            foreach (var provider in orleans.GetServices<IGrainInterfacePropertiesProvider>())
                provider.Populate(type, id, properties);
            interfaces[id] = new GrainInterfaceProperties(properties.ToImmutableDictionary(StringComparer.Ordinal, StringComparer.Ordinal));
        }

        AddProxies(orleans.GetRequiredService<IOptions<TypeManifestOptions>>().Value.InterfaceProxies);
        LocalGrainManifest = new GrainManifest(grains.ToImmutable(), interfaces.ToImmutable());
        var silos = ImmutableDictionary<SiloAddress, GrainManifest>.Empty.Add(Address, LocalGrainManifest);
        Current = new ClusterManifest(new MajorMinorVersion(1, 1), silos);
        _implementations = new GrainInterfaceTypeToGrainTypeResolver(this);
    }

    /// <summary>What a host calls itself. No message ever needs it.</summary>
    public static SiloAddress Address { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

    public ClusterManifest Current { get; }

    public GrainManifest LocalGrainManifest { get; }

    IAsyncEnumerable<ClusterManifest> IClusterManifestProvider.Updates => AsyncEnumerable.Empty<ClusterManifest>();

    public GrainClass? Find(GrainType type) => _classes.GetValueOrDefault(type);

    public GrainInterfaceType InterfaceOf(Type type) => _interfaces.GetGrainInterfaceType(type);

    /// <summary>The class that answers calls of the interface.</summary>
    /// <exception cref="ArgumentException">None does, or it is not clear which.</exception>
    public GrainType ClassOf(GrainInterfaceType type, string? prefix) =>
        prefix is null ? _implementations.GetGrainType(type) : _implementations.GetGrainType(type, prefix);

    public GrainReference NewProxy(GrainReferenceShared shared, IdSpan key) => _proxies.TryGetValue(shared.InterfaceType, out var proxy)
        ? (GrainReference)proxy.Invoke(shared, key)
        : throw new ArgumentException($"No proxy was generated for {shared.InterfaceType}");

    private void AddProxies(IEnumerable<Type> proxies)
    {
        foreach (var proxy in proxies.Where(static p => !p.IsGenericType && typeof(IAddressable).IsAssignableFrom(p)))
        {
            // A proxy implements one interface and those that it inherits.
            var all = proxy.GetInterfaces().Where(static i => typeof(IAddressable).IsAssignableFrom(i)).ToArray();
            var main = all.First(i => all.All(other => other.IsAssignableFrom(i)));
            var constructor = proxy.GetConstructor(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [typeof(GrainReferenceShared), typeof(IdSpan)]);
            _proxies[_interfaces.GetGrainInterfaceType(main)] = ConstructorInvoker.Create(constructor!);
        }
    }
}
