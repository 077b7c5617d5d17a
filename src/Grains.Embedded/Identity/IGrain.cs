using Orleans.Runtime;

namespace Orleans;

/// <summary>Base of all grain interfaces; interfaces derive from one of the keyed kinds below.</summary>
public interface IGrain : IAddressable;

/// <summary>A grain whose key is a <see cref="Guid"/>.</summary>
public interface IGrainWithGuidKey : IGrain;

/// <summary>A grain whose key is a <see cref="long"/>.</summary>
public interface IGrainWithIntegerKey : IGrain;

/// <summary>A grain whose key is a string, never empty.</summary>
public interface IGrainWithStringKey : IGrain;

/// <summary>Something outside the grains that grains may call: see <see cref="IGrainFactory.CreateObjectReference{T}"/>.</summary>
public interface IGrainObserver : IAddressable;
