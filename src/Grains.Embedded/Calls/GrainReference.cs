using System.Reflection;
using Praefect.Grains.Embedded.Activations;
using Praefect.Grains.Embedded.Calls;
using Praefect.Grains.Embedded.Grains;

namespace Orleans.Runtime;

/// <summary>Points to a grain or an observer; calls on its interface become turns there. Equal when it points to the same one.</summary>
public class GrainReference : DispatchProxy, IAddressable, IEquatable<GrainReference>
{
    private GrainReferences _references = null!;
    private GrainInterface _interface = null!;

    /// <summary>For the generated classes only.</summary>
    public GrainReference() { }

    /// <summary>What it points to.</summary>
    public GrainId GrainId { get; private set; }

    internal GrainClass? Class { get; private set; }

    /// <summary>The activation that took the last call; may be gone.</summary>
    internal Activation? Activation { get; set; }

    internal GrainRuntime Runtime => _references.Runtime;

    /// <inheritdoc/>
    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"GrainReference:{GrainId}";

    internal GrainReference As(Type interfaceType) =>
        interfaceType.IsInstanceOfType(this) ? this : _references.Create(interfaceType, GrainId, Class, Activation);

    /// <summary>A copy of this prototype for one grain: much cheaper than having a proxy made.</summary>
    internal GrainReference For(GrainId id, GrainClass? grainClass, Activation? activation)
    {
        var reference = (GrainReference)MemberwiseClone();
        reference.GrainId = id;
        reference.Class = grainClass;
        reference.Activation = activation;
        return reference;
    }

    internal void BecomePrototype(GrainReferences references, GrainInterface grainInterface)
    {
        _references = references;
        _interface = grainInterface;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _interface.Method(targetMethod!).Call(this, args ?? []);
}
