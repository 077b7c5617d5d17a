using Npgsql;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Praefect.Grains.Routing;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Orleans' grain storage in Postgres, which tells a grain's callers that the database is away in words that they know. A grain that cannot read its record does
/// not start, and its callers get the storage's exception: one of the database's driver cannot be sent to another process, which then knows of nothing but a
/// serializer that failed, and asks again and again.
/// </summary>
internal sealed class SqlGrainStorage(IGrainStorage inner) : IGrainStorage
{
    /// <summary>Name under which Orleans' own storage is registered.</summary>
    public const string Inner = "sql";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await inner.ReadStateAsync(stateName, grainId, grainState);
        }
        catch (NpgsqlException e)
        {
            // Without the cause, which nobody could read: Orleans has logged it.
            throw new RouteException(RouteFailure.StoreUnavailable, $"the repository's record cannot be read: {e.Message}");
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
}
