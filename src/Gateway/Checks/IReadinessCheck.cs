using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Checks;

/// <summary>One of the questions behind ReadinessCheck. A host may register more of them.</summary>
public interface IReadinessCheck
{
    /// <summary>As operators know it, for example <c>praefect migrations</c>.</summary>
    string Name { get; }

    /// <summary>What stands in the way; null: nothing. Whatever it throws counts as a failure with the exception's message.</summary>
    /// <param name="passedOn">For calls to nodes: what they take over from the client's call, so that nodes log them under its correlation id.</param>
    /// <param name="cancellationToken">The client's call, or the time that the client gave, is over.</param>
    Task<string?> RunAsync(GrpcCallOptions passedOn, CancellationToken cancellationToken);
}
