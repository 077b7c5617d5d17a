using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Praefect.Grains.Runtime.Tests;

[GenerateSerializer]
public sealed class Notes
{
    [Id(0)]
    public List<string> Lines { get; set; } = [];
}

public interface ILifeGrain : IGrainWithStringKey
{
    Task<Guid> Instance();

    Task Leave();

    Task FailNextActivation();

    Task<int> Note(string line);

    Task<string> Described();

    Task Clear();

    Task WriteTwice(bool catches);

    Task LoseToRival(string line);

    Task LoseToRivalInTimer(string line);

    [AlwaysInterleave]
    Task LeaveMeanwhile();

    Task Throw();

    Task StartTimer(TimeSpan due, TimeSpan period, bool interleave);

    Task HoldDuringTimer();

    Task StartTimerThatStopsItself();

    Task StopTimer();

    Task Remind(TimeSpan due, TimeSpan period);

    Task<bool> Forget();
}

public sealed class LifeGrain(
    [PersistentState("notes", "main")] IPersistentState<Notes> notes, [PersistentState("notes", "main")] IPersistentState<Notes> rival)
    : Grain, ILifeGrain, IRemindable
{
    private static readonly HashSet<string> ToFail = new(StringComparer.Ordinal);
    private readonly Guid _instance = Guid.NewGuid();
    private IGrainTimer? _timer;

    private string Key => this.GetPrimaryKeyString();

    private Journal Journal => Journal.Of(Key);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        lock (ToFail)
        {
            if (ToFail.Remove(Key)) throw new InvalidOperationException("not today");
        }

        Journal.Add($"activated with {notes.State.Lines.Count}");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Journal.Add($"deactivated: {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task<Guid> Instance() => Task.FromResult(_instance);

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task FailNextActivation()
    {
        lock (ToFail) ToFail.Add(Key);
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<int> Note(string line)
    {
        notes.State.Lines.Add(line);
        await notes.WriteStateAsync();
        return notes.State.Lines.Count;
    }

    public Task<string> Described() => Task.FromResult($"{notes.RecordExists} {string.Join(",", notes.State.Lines)}");

    public Task Clear() => notes.ClearStateAsync();

    public async Task WriteTwice(bool catches)
    {
        await notes.WriteStateAsync();
        try
        {
            await rival.WriteStateAsync();
        }
        catch (Orleans.Storage.InconsistentStateException) when (catches)
        {
            Journal.Add("inconsistent");
        }
    }

    public async Task LoseToRival(string line)
    {
        await rival.ReadStateAsync();
        rival.State.Lines = [line];
        await rival.WriteStateAsync();
        await notes.WriteStateAsync();
    }

    public Task LoseToRivalInTimer(string line)
    {
        this.RegisterGrainTimer(
            (wanted, _) => LoseToRival(wanted), line, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true });
        return Task.CompletedTask;
    }

    public Task LeaveMeanwhile() => Leave();

    public Task Throw() => throw new FormatException("from inside");

    public Task StartTimer(TimeSpan due, TimeSpan period, bool interleave)
    {
        _timer = this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.Journal.Add("tick");
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(due, period) { Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task StartTimerThatStopsItself()
    {
        _timer = this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.Journal.Add("last tick");
                grain._timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromMilliseconds(20)));
        return Task.CompletedTask;
    }

    public async Task HoldDuringTimer()
    {
        Journal.Add("hold starts");
        await Journal.Gate;
        Journal.Add("hold ends");
    }

    public Task StopTimer()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task Remind(TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder("beat", due, period);

    public async Task<bool> Forget()
    {
        if (await this.GetReminder("beat") is not { } reminder) return false;
        await this.UnregisterReminder(reminder);
        return true;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Journal.Add($"{reminderName} {status.Period.TotalMilliseconds}");
        return Task.CompletedTask;
    }
}

public interface IIdleGrain : IGrainWithStringKey
{
    Task<Guid> Instance();

    /// <summary>Has a timer tick that counts, or does not count, as use of the grain.</summary>
    Task Tick(bool keepAlive);

    Task Delay(TimeSpan time);
}

/// <summary>Goes when it was idle for <see cref="GrainRuntime.IdleAge"/>.</summary>
public sealed class IdleGrain : Grain, IIdleGrain
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private readonly Guid _instance = Guid.NewGuid();

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Journal.Of(this.GetPrimaryKeyString()).Add($"deactivated: {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task<Guid> Instance() => Task.FromResult(_instance);

    public Task Tick(bool keepAlive)
    {
        this.RegisterGrainTimer(static (_, _) => Task.CompletedTask, this, new GrainTimerCreationOptions(Period, Period) { KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }
}
