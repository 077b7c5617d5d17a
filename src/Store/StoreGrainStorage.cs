using System.Globalization;
using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Praefect.Store;

/// <summary>Orleans' grain storage over the store of a single machine: one row of JSON a state, named after its grain, with a version as its ETag.</summary>
/// <param name="store">Where.</param>
public sealed class StoreGrainStorage(IGrainStore store) : IGrainStorage
{
    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = await store.ReadStateAsync(Key(stateName, grainId), CancellationToken.None);
        grainState.ETag = stored is null ? null! : Text(stored.Version);
        grainState.RecordExists = stored?.Json is not null;
        grainState.State = stored?.Json is { } json ? JsonSerializer.Deserialize<T>(json)! : Activator.CreateInstance<T>();
    }

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => WriteAsync(grainState, async expected =>
    {
        grainState.ETag = Text(await store.WriteStateAsync(Key(stateName, grainId), JsonSerializer.Serialize(grainState.State), expected, CancellationToken.None));
        grainState.RecordExists = true;
    });

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => WriteAsync(grainState, async expected =>
    {
        // The record stays, empty, so that its versions never repeat.
        if (expected is { } version)
            grainState.ETag = Text(await store.ClearStateAsync(Key(stateName, grainId), version, CancellationToken.None));
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    });

    private static async Task WriteAsync<T>(IGrainState<T> state, Func<long?, Task> write)
    {
        try
        {
            await write(string.IsNullOrEmpty(state.ETag) ? null : long.Parse(state.ETag, CultureInfo.InvariantCulture));
        }
        catch (StoreConflictException conflict)
        {
            throw new InconsistentStateException(conflict.Message, conflict.Stored is { } stored ? Text(stored) : "unknown", state.ETag ?? "none", conflict);
        }
    }

    private static StateKey Key(string name, GrainId grain) => new(grain.Type.ToString()!, grain.Key.ToString()!, name);

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}
