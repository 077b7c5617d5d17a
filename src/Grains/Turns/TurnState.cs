namespace Praefect.Grains.Turns;

/// <summary>Where a claim to a turn stands. All but the first two are final.</summary>
internal enum TurnState
{
    /// <summary>Others are before it.</summary>
    Waiting,

    /// <summary>It is its turn.</summary>
    Held,

    /// <summary>Given back.</summary>
    Released,

    /// <summary>Held for too long while others waited: they go on, and so does the write, but without order among them.</summary>
    Passed,

    /// <summary>Taken away because its gateway was not heard of while others waited: the write must not be told to go ahead.</summary>
    Lost,
}
