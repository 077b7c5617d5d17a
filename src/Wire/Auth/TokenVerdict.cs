namespace Praefect.Wire.Auth;

/// <summary>What the check of an <c>authorization</c> header found.</summary>
public enum TokenVerdict
{
    /// <summary>The token is genuine and fresh.</summary>
    Ok,

    /// <summary>There is no token that could be checked; gRPC status <c>UNAUTHENTICATED</c>, <c>authentication required</c>.</summary>
    Unauthenticated,

    /// <summary>There is a token and it is not accepted; gRPC status <c>PERMISSION_DENIED</c>, <c>permission denied</c>.</summary>
    Denied,
}
