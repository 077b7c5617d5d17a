namespace Praefect.Silo.Logging;

/// <summary>
/// Whether the start has failed for a reason that an operator is told: what the frameworks say while they are taken down again is then about nothing else, and a
/// dozen lines of it would hide that one.
/// </summary>
internal sealed class FailedStart
{
    private volatile bool _told;

    /// <summary>From here on nothing but the reason is worth a line.</summary>
    public bool Told
    {
        get => _told;
        set => _told = value;
    }
}
