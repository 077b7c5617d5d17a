namespace Praefect.Wire.Tests.Floods;

/// <summary>A clock whose time stands still, while timers run: what depends on the rate of frames no longer depends on the machine.</summary>
internal sealed class StoppedClock : TimeProvider
{
    public override long GetTimestamp() => 0;
}
