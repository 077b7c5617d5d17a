using Orleans;
using Orleans.Runtime;

namespace Praefect.Grains.Embedded.Tests.Calls;

[Immutable]
public sealed record CounterState(int Value = 0);

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add(int amount);

    Task<int> Get();

    Task Clear();

    Task<bool> Exists();

    Task Remind(TimeSpan due, TimeSpan period);

    Task StartTimer(TimeSpan due, TimeSpan period);

    Task DeactivateSelf();
}

public sealed class CounterGrain([PersistentState("count", "main")] IPersistentState<CounterState> count, Journal journal) : Grain, ICounterGrain, IRemindable
{
    public async Task<int> Add(int amount)
    {
        count.State = new CounterState(count.State.Value + amount);
        await count.WriteStateAsync();
        return count.State.Value;
    }

    public Task<int> Get() => Task.FromResult(count.State.Value);

    public Task Clear() => count.ClearStateAsync();

    public Task<bool> Exists() => Task.FromResult(count.RecordExists);

    public Task Remind(TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder("beat", due, period);

    public Task StartTimer(TimeSpan due, TimeSpan period)
    {
        this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.Tick();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(due, period));
        return Task.CompletedTask;
    }

    public Task DeactivateSelf()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        journal.Add($"{this.GetPrimaryKeyString()} {reminderName}");
        return Task.CompletedTask;
    }

    private void Tick() => journal.Add($"{this.GetPrimaryKeyString()} tick");
}
