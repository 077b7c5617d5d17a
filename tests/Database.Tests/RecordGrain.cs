using Orleans;
using Orleans.Runtime;

namespace Praefect.Database.Tests;

public interface IRecordGrain : IGrainWithStringKey
{
    Task WriteAsync(long repositoryId, long generation);

    Task<long> ReadAsync();

    Task ClearAsync();

    Task LeaveAsync();

    Task RemindAsync();

    Task ForgetAsync();

    Task<int> TicksAsync();
}

/// <summary>A grain with a state named as the repositories' is.</summary>
public sealed class RecordGrain([PersistentState("repository", "praefect")] IPersistentState<Record> state) : Grain, IRecordGrain, IRemindable
{
    private int _ticks;

    public static Record At(long generation) => Records.One(
        7, generation, new Replica("gitaly-1", generation, DateTimeOffset.UnixEpoch.AddDays(20000)), new Replica("gitaly-2", 0, VerifiedAt: null));

    public Task WriteAsync(long repositoryId, long generation)
    {
        state.State = At(generation) with { RepositoryId = repositoryId };
        return state.WriteStateAsync();
    }

    public Task<long> ReadAsync() => Task.FromResult(state.State.Generation);

    public Task ClearAsync() => state.ClearStateAsync();

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task RemindAsync() => this.RegisterOrUpdateReminder("wake", TimeSpan.Zero, TimeSpan.FromMilliseconds(200));

    public async Task ForgetAsync()
    {
        if (await this.GetReminder("wake") is { } reminder) await this.UnregisterReminder(reminder);
    }

    public Task<int> TicksAsync() => Task.FromResult(_ticks);

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _ticks++;
        return Task.CompletedTask;
    }
}
