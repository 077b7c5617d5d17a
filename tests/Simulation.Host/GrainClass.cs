using System.Globalization;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <summary>A grain class: how it is made, and what its attributes say about its turns.</summary>
internal sealed class GrainClass
{
    private readonly Lazy<DefaultGrainActivator> _activator;
    private readonly string? _unsupported;

    public GrainClass(Type type, GrainType name, IReadOnlyDictionary<string, string> properties, IServiceProvider orleans)
    {
        _activator = new Lazy<DefaultGrainActivator>(() => new DefaultGrainActivator(orleans, type));
        (Type, Name) = (type, name);
        Reentrant = properties.TryGetValue(WellKnownGrainTypeProperties.Reentrant, out var reentrant) && bool.Parse(reentrant);
        CollectionAge = properties.GetValueOrDefault(WellKnownGrainTypeProperties.IdleDeactivationPeriod) switch
        {
            null => null,
            WellKnownGrainTypeProperties.IndefiniteIdleDeactivationPeriodValue => Timeout.InfiniteTimeSpan,
            var age => TimeSpan.Parse(age, CultureInfo.InvariantCulture),
        };
        _unsupported = properties.ContainsKey(WellKnownGrainTypeProperties.MayInterleavePredicate) ? "[MayInterleave]"
            : properties.GetValueOrDefault(WellKnownGrainTypeProperties.PlacementStrategy) == "StatelessWorkerPlacement" ? "[StatelessWorker]"
            : null;
    }

    public Type Type { get; }

    public GrainType Name { get; }

    public bool Reentrant { get; }

    /// <summary>Of this class; null: the default; infinite: never collected.</summary>
    public TimeSpan? CollectionAge { get; }

    /// <exception cref="NotSupportedException">The class asks for what no grain of the product needs, so this host does not have it.</exception>
    public object Create(IGrainContext context) => _unsupported is null
        ? _activator.Value.CreateInstance(context)
        : throw new NotSupportedException($"{Type}: the simulated host does not know {_unsupported}");

    public ValueTask DisposeAsync(IGrainContext context, object instance) => _activator.Value.DisposeInstance(context, instance);
}
