namespace Praefect.Grains.Turns;

/// <summary>What became of asking for a turn.</summary>
public enum TurnAnswer
{
    /// <summary>It is this write's turn until it is finished.</summary>
    Granted,

    /// <summary>Not yet: ask again at once, the place in the queue is kept.</summary>
    Pending,

    /// <summary>The write is not open here: it ended, or was lost with the activation that had it.</summary>
    Lost,
}
