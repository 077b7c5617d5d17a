namespace Praefect.Grains.Routing;

/// <summary>A call cannot be routed; <see cref="Failure"/> says why.</summary>
[GenerateSerializer]
public sealed class RouteException : Exception
{
    /// <summary>For the serializer.</summary>
    public RouteException()
    {
    }

    /// <summary>A failure with the facts that belong to it.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="message">Lower-case text in the words of the field; may name storages.</param>
    public RouteException(RouteFailure failure, string message)
        : base(message) => Failure = failure;

    /// <summary>Why.</summary>
    [Id(0)]
    public RouteFailure Failure { get; private set; }
}
