namespace Praefect.Grains.Turns;

/// <summary>
/// Says which of two turns is the later one: sequences grow within an activation, and a write knows only the activation that opened it. A write whose turn went to
/// another with a higher token is not told to go ahead any more.
/// </summary>
/// <param name="Activation">Random number of the activation that gave the turn.</param>
/// <param name="Sequence">Place in the order of all turns that it gave, from 1.</param>
internal readonly record struct TurnToken(ulong Activation, long Sequence)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Activation:x}.{Sequence}";
}
