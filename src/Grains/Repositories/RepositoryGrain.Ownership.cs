using Praefect.Grains.Routing;

namespace Praefect.Grains.Repositories;

/// <content>
/// Whether the repository is still this activation's. What it records is guarded by the record's version; what it has done on disks beside the writes (copies,
/// removals) is not: a silo that was stopped in its tracks would go on with it after another one took over, and undo what that one acknowledged since.
/// </content>
public sealed partial class RepositoryGrain
{
    // Much less than it takes the others to give a silo up.
    private static readonly TimeSpan OwnershipMax = TimeSpan.FromMilliseconds(500);
    private const int OwnershipTries = 5;

    /// <summary>Ends when the record was written just now, which nobody but its owner can do. The node must be told in the same turn.</summary>
    /// <exception cref="RouteException">The store does not take the record, or is too slow to prove anything.</exception>
    private async Task EnsureOwnedAsync()
    {
        for (var attempt = 0; attempt < OwnershipTries; attempt++)
        {
            // Taken before the write: a pause anywhere after it shows.
            var asked = _time.GetTimestamp();
            await StoredAsync(_writer.WriteAsync());
            if (_time.GetElapsedTime(asked) < OwnershipMax)
                return;
        }

        throw new RouteException(RouteFailure.StoreUnavailable, "the repository's record takes too long to be written");
    }
}
