namespace Praefect.Wire.Nodes;

/// <summary>One storage node of a virtual storage.</summary>
/// <param name="VirtualStorage">The virtual storage's name.</param>
/// <param name="Storage">The node's storage name.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Token">The secret that signs every call to it; an empty one signs too.</param>
public sealed record NodeOptions(string VirtualStorage, string Storage, NodeAddress Address, string Token);
