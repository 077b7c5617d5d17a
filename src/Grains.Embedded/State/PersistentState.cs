using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Orleans.Runtime;
using Orleans.Storage;
using Praefect.Grains.Embedded.Activations;
using Praefect.Store;

namespace Praefect.Grains.Embedded.State;

/// <summary>State that is read before its grain is activated.</summary>
internal interface IActivationState
{
    Task ReadAsync(CancellationToken cancellationToken);
}

/// <summary>
/// One state of one activation. Operations run one after another even where the grain's calls interleave: each needs the version that
/// the one before it left. Writes that wait together become one.
/// </summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>, IActivationState
{
    private readonly GrainId _grain;
    private readonly StateKey _key;
    private readonly IGrainStore _store;
    private readonly JsonSerializerOptions _json;
    private long? _version;
    private Task _last = Task.CompletedTask;
    private Task? _waitingWrite;

    public PersistentState(Activation activation, string name)
    {
        _grain = activation.GrainId;
        _key = activation.GrainId.KeyOf(name);
        _store = activation.Runtime.Store;
        _json = activation.Runtime.Options.StateJson;
    }

    public TState State { get; set; } = NewState();

    public string? Etag => _version?.ToString(CultureInfo.InvariantCulture);

    public bool RecordExists { get; private set; }

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ReadAsync(CancellationToken cancellationToken) => ReadStateAsync(cancellationToken);

    public Task ReadStateAsync(CancellationToken cancellationToken) => InOrder(static (state, ct) => state.ReadNowAsync(ct), "reading", cancellationToken);

    public Task ClearStateAsync(CancellationToken cancellationToken) => InOrder(static (state, ct) => state.ClearNowAsync(ct), "clearing", cancellationToken);

    public Task WriteStateAsync(CancellationToken cancellationToken)
    {
        if (_waitingWrite is not null && !cancellationToken.CanBeCanceled) return _waitingWrite;
        var waits = !_last.IsCompleted;
        var write = InOrder(static (state, ct) => state.WriteNowAsync(ct), "writing", cancellationToken);
        if (waits && !cancellationToken.CanBeCanceled) _waitingWrite = write;
        return write;
    }

    private static string Text(long? version) => version?.ToString(CultureInfo.InvariantCulture) ?? "none";

    // As Orleans does for types without a parameterless constructor.
    private static TState NewState()
    {
        if (default(TState) is not null || typeof(TState) == typeof(string) || typeof(TState).IsAbstract || typeof(TState).IsArray) return default!;
        return typeof(TState).GetConstructor(Type.EmptyTypes) is not null
            ? Activator.CreateInstance<TState>()
            : (TState)RuntimeHelpers.GetUninitializedObject(typeof(TState));
    }

    private Task InOrder(Func<PersistentState<TState>, CancellationToken, Task> operation, string doing, CancellationToken cancellationToken)
    {
        _waitingWrite = null;
        return _last = RunAsync(_last, operation, doing, cancellationToken);
    }

    private async Task RunAsync(
        Task before, Func<PersistentState<TState>, CancellationToken, Task> operation, string doing, CancellationToken cancellationToken)
    {
        if (!before.IsCompleted)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _waitingWrite = null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await operation(this, cancellationToken);
        }
        catch (StoreConflictException conflict)
        {
            throw new InconsistentStateException(
                $"State '{_key.Name}' of {_grain} was changed by another writer: expected version {Text(conflict.Expected)}.",
                conflict.Stored is null ? null : Text(conflict.Stored),
                Text(conflict.Expected));
        }
        catch (Exception error) when (error is not OrleansException and not OperationCanceledException)
        {
            throw new OrleansException($"Error {doing} state '{_key.Name}' of {_grain}: {error.Message}", error);
        }
    }

    private async Task ReadNowAsync(CancellationToken cancellationToken)
    {
        var stored = await _store.ReadStateAsync(_key, cancellationToken);
        _version = stored?.Version;
        RecordExists = stored?.Json is not null;
        State = stored?.Json is { } json ? JsonSerializer.Deserialize<TState>(json, _json)! : NewState();
    }

    private async Task WriteNowAsync(CancellationToken cancellationToken)
    {
        _version = await _store.WriteStateAsync(_key, JsonSerializer.Serialize(State, _json), _version, cancellationToken);
        RecordExists = true;
    }

    private async Task ClearNowAsync(CancellationToken cancellationToken)
    {
        // Nothing was ever written: nothing to clear. Otherwise the record stays, empty, so that its versions never repeat.
        if (_version is { } version) _version = await _store.ClearStateAsync(_key, version, cancellationToken);
        RecordExists = false;
        State = NewState();
    }
}
