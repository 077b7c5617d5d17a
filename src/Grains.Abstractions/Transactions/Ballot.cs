namespace Praefect.Grains.Transactions;

/// <summary>A vote as a gateway hands it on. Handing on the same one again finds the first: an answer can be lost with the silo that carried it.</summary>
/// <param name="TransactionId">The write, from the call's metadata.</param>
/// <param name="Storage">The node that votes.</param>
/// <param name="Vote">What it is about to change.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Number">Which of the node's votes in this write it is, 1 or more.</param>
[GenerateSerializer, Immutable]
public readonly record struct Ballot(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] string Storage,
    [property: Id(2)] Vote Vote,
    [property: Id(3)] VotePhase Phase,
    [property: Id(4)] int Number);
