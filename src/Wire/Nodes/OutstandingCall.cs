namespace Praefect.Wire.Nodes;

/// <summary>A call that counts towards its node's load until disposed of. A class, so that disposing twice counts once.</summary>
public sealed class OutstandingCall : IDisposable
{
    private NodeConnection? _connection;

    internal OutstandingCall(NodeConnection connection) => _connection = connection;

    /// <summary>The call is over.</summary>
    public void Dispose() => Interlocked.Exchange(ref _connection, null)?.EndCall();
}
