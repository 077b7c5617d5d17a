using Praefect.Grains.Replicas;

namespace Praefect.Grains.Routing;

/// <summary>What routes of several kinds require, with the words for what is missing.</summary>
internal static class RouteChecks
{
    /// <exception cref="RouteException">No record, or only one of a creation that has not ended.</exception>
    public static void ThrowIfMissing(RepositoryRecord record)
    {
        if (!record.Exists())
            throw NotFound();
    }

    public static RouteException NotFound() => new(RouteFailure.RepositoryNotFound, "repository not found");

    public static RouteException NoSuitableNode() => new(RouteFailure.NoSuitableNode, "no suitable node to serve the request");

    public static RouteException NoPrimary() => new(RouteFailure.NoPrimary, "no primary");

    public static RouteException PrimaryNotHealthy() => new(RouteFailure.PrimaryNotHealthy, "primary gitaly is not healthy");

    public static RouteException PrimaryNotAssigned() => new(RouteFailure.PrimaryNotAssigned, "primary node is not assigned");

    /// <exception cref="RouteException">There is no primary, or the caller cannot use it.</exception>
    public static string UsablePrimary(RoutingView view, RepositoryRecord record)
    {
        if (record.Primary is not { } primary)
            throw NoPrimary();
        return view.Usable.Contains(primary) ? primary : throw PrimaryNotHealthy();
    }
}
