namespace Orleans;

/// <summary>Names a grain class in grain ids and in storage, so that renaming the class keeps its state.</summary>
/// <param name="grainType">The name; must be unique among the grain classes of a process.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    /// <summary>The name.</summary>
    public string GrainType { get; } = grainType;
}
