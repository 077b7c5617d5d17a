namespace Orleans.Placement;

/// <summary>Says on which member of a cluster a grain should live. There is one member here, so all of these have no effect.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public abstract class PlacementAttribute : Attribute;

/// <summary>Live where the first call came from.</summary>
public sealed class PreferLocalPlacementAttribute : PlacementAttribute;

/// <summary>Live anywhere.</summary>
public sealed class RandomPlacementAttribute : PlacementAttribute;

/// <summary>Live where the hash of the id says.</summary>
public sealed class HashBasedPlacementAttribute : PlacementAttribute;

/// <summary>Live where the fewest grains are.</summary>
public sealed class ActivationCountBasedPlacementAttribute : PlacementAttribute;

/// <summary>Live where most is free.</summary>
public sealed class ResourceOptimizedPlacementAttribute : PlacementAttribute;
