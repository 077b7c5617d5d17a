namespace Praefect.Gateway.Checks;

/// <summary>One of the questions behind ReadinessCheck. A host may register more of them.</summary>
public interface IReadinessCheck
{
    /// <summary>As operators know it, for example <c>praefect migrations</c>.</summary>
    string Name { get; }

    /// <summary>What stands in the way; null: nothing. Whatever it throws counts as a failure with the exception's message.</summary>
    Task<string?> RunAsync(CancellationToken cancellationToken);
}
