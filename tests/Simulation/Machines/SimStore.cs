using Praefect.Simulation.Engine;
using Praefect.Store;

namespace Praefect.Simulation.Machines;

/// <summary>What the database does to a request.</summary>
internal enum StoreFault
{
    None,
    FailsBefore,
    FailsAfter,
}

/// <summary>The database: outlives every process, answers late, fails before or after it has written, refuses outdated versions.</summary>
internal sealed class SimStore(World world)
{
    private readonly Dictionary<StateKey, StoredState> _states = [];
    private readonly Dictionary<StateKey, StoredReminder> _reminders = [];

    /// <summary>Raised when a state has become durable: the key, whose it is, the state before and after.</summary>
    public event Action<StateKey, Host, string?, string?>? Written;

    /// <summary>Raised when a state was read.</summary>
    public event Action<StateKey, Host>? Read;

    /// <summary>How often a request fails; as often before as after it was carried out.</summary>
    public double Failures { get; set; }

    /// <summary>How often a request takes long.</summary>
    public double Slowness { get; set; }

    /// <summary>Nothing gets an answer but an error.</summary>
    public bool Down { get; set; }

    public long Faults { get; private set; }

    public long Conflicts { get; private set; }

    public IGrainStore For(Host host) => new Connection(this, host);

    private StoredState? Find(Host host, StateKey key)
    {
        Read?.Invoke(key, host);
        return _states.GetValueOrDefault(key);
    }

    private StoreFault NextFault()
    {
        if (!Down && !world.Random.Chance(Failures))
            return StoreFault.None;
        Faults++;
        return Down || world.Random.Chance(0.5) ? StoreFault.FailsBefore : StoreFault.FailsAfter;
    }

    private TimeSpan Latency() =>
        world.Random.Chance(Slowness) ? world.Random.Milliseconds(50, 2500) : world.Random.Between(TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(6));

    private long Write(Host host, StateKey key, string? json, long? expected)
    {
        var stored = _states.GetValueOrDefault(key);
        if (stored?.Version != expected)
        {
            Conflicts++;
            world.Trace.Add("store", $"{key.GrainKey} refused: version {expected} is outdated, {stored?.Version} is stored");
            throw new StoreConflictException(key, expected, stored?.Version);
        }

        var version = (stored?.Version ?? 0) + 1;
        _states[key] = new StoredState(json, version);
        Written?.Invoke(key, host, stored?.Json, json);
        return version;
    }

    private sealed class Connection(SimStore store, Host host) : IGrainStore
    {
        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<StoredState?> ReadStateAsync(StateKey key, CancellationToken cancellationToken) => RequestAsync(() => store.Find(host, key));

        public Task<long> WriteStateAsync(StateKey key, string json, long? expectedVersion, CancellationToken cancellationToken) =>
            RequestAsync(() => store.Write(host, key, json, expectedVersion));

        public Task<long> ClearStateAsync(StateKey key, long expectedVersion, CancellationToken cancellationToken) =>
            RequestAsync(() => store.Write(host, key, null, expectedVersion));

        // Read while the process starts, which is not what is being tested.
        public Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<StoredReminder>>([.. store._reminders.Values]);

        public Task WriteReminderAsync(StoredReminder reminder, CancellationToken cancellationToken) => RequestAsync(() => store._reminders[reminder.Key] = reminder);

        public Task DeleteReminderAsync(StateKey key, CancellationToken cancellationToken) => RequestAsync(() => store._reminders.Remove(key));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        // What was sent is carried out, whether its sender still lives or not.
        private Task<T> RequestAsync<T>(Func<T> request)
        {
            var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            host.World.After(store.Latency(), () =>
            {
                var fault = store.NextFault();
                T result = default!;
                Exception? error = fault == StoreFault.None ? null : new TimeoutException("the database did not answer");
                try
                {
                    if (fault != StoreFault.FailsBefore)
                        result = request();
                }
                catch (StoreConflictException e)
                {
                    error ??= e;
                }

                host.World.After(store.Latency(), () => host.Post(() =>
                {
                    if (error is null)
                        answer.TrySetResult(result);
                    else
                        answer.TrySetException(error);
                }));
            });
            return answer.Task;
        }
    }
}
