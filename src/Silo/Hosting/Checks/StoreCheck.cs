using Praefect.Gateway.Checks;
using Praefect.Store;
using Praefect.Wire.Grpc;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>The store of a single machine answers, and takes writes: a full or read-only disk does not. One small state of its own is rewritten.</summary>
internal sealed class StoreCheck(IGrainStore store) : IReadinessCheck
{
    private static readonly StateKey Own = new("readiness", "check", "written");

    public string Name => "database read/write";

    public async Task<string?> RunAsync(GrpcCallOptions passedOn, CancellationToken cancellationToken)
    {
        var before = await store.ReadStateAsync(Own, cancellationToken);
        try
        {
            await store.WriteStateAsync(Own, "{}", before?.Version, cancellationToken);
        }
        catch (StoreConflictException)
        {
            // Another check wrote in between: it could.
        }

        return null;
    }
}
