using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Checks;

/// <summary>Tells a health check, which is handed nothing of its caller's, what calls to nodes take over from the client's call.</summary>
internal sealed class CheckCaller
{
    private readonly AsyncLocal<GrpcCallOptions?> _passedOn = new();

    /// <summary>For calls to nodes, so that these log them under the client's correlation id; nothing where no client has asked.</summary>
    public GrpcCallOptions PassedOn
    {
        get => _passedOn.Value ?? new GrpcCallOptions();
        set => _passedOn.Value = value;
    }
}
