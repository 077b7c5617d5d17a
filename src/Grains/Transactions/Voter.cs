namespace Praefect.Grains.Transactions;

/// <summary>A node with the weight of its vote.</summary>
/// <param name="Name">Name of the storage.</param>
/// <param name="Weight">0 or more.</param>
internal readonly record struct Voter(string Name, int Weight);
