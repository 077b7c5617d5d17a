using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;
using Praefect.Grains.Embedded.Grains;

namespace Praefect.Grains.Embedded.Calls;

/// <summary>Makes references: one generated proxy class per interface, made once, then copied.</summary>
internal sealed class GrainReferences(GrainRuntime runtime)
{
    private readonly ConcurrentDictionary<Type, GrainReference> _prototypes = new();

    internal GrainRuntime Runtime { get; } = runtime;

    internal GrainReference Create(Type interfaceType, GrainId id, GrainClass? grainClass, Activation? activation = null) =>
        _prototypes.GetOrAdd(interfaceType, static (type, self) => self.Prototype(type), this).For(id, grainClass, activation);

    private GrainReference Prototype(Type interfaceType)
    {
        if (!interfaceType.IsInterface || !typeof(IAddressable).IsAssignableFrom(interfaceType))
            throw new ArgumentException($"{interfaceType} is not an interface of grains or observers", nameof(interfaceType));
        var prototype = (GrainReference)DispatchProxy.Create(interfaceType, typeof(GrainReference));
        prototype.BecomePrototype(this, GrainInterface.Of(interfaceType));
        return prototype;
    }
}
