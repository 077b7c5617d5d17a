using Praefect.Grains.Repositories;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Coordination;

/// <summary>A client's write, as far as that decides what becomes of it.</summary>
/// <param name="Key">The repository.</param>
/// <param name="Votes">Its nodes vote.</param>
/// <param name="Deadline">The client's time.</param>
/// <param name="ClientGone">Cancelled when the client has left.</param>
internal sealed record WriteCall(RepositoryKey Key, bool Votes, CallDeadline Deadline, CancellationToken ClientGone)
{
    /// <summary>Cancelled when the client has left or its time is up.</summary>
    public CancellationToken Token => Deadline.Token;
}
