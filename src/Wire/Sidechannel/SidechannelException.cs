namespace Praefect.Wire.Sidechannel;

/// <summary>A sidechannel could not be set up, was never used, or broke its framing.</summary>
public sealed class SidechannelException(string message, Exception? inner = null) : IOException($"sidechannel: {message}", inner)
{
    /// <summary>The RPC ended without the server opening the sidechannel.</summary>
    public const string CallbackDidNotRun = "callback did not run";

    /// <summary>The server named an id that nobody waits for.</summary>
    public const string NotRegistered = "registry: ID not registered";
}
