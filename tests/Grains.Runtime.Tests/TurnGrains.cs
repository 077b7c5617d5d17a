using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Praefect.Grains.Runtime.Tests;

public interface ITurnGrain : IGrainWithStringKey
{
    Task Hold(string name);

    [ReadOnly]
    Task Read(string name);

    [AlwaysInterleave]
    Task Interleave(string name);

    Task Quick(string name);

    [ResponseTimeout("00:00:01")]
    Task HoldBriefly(string name);

    [OneWay]
    Task Tell(string name, bool fail);

    Task HoldCancellably(string name, CancellationToken cancellationToken);

    Task HoldDeafly(string name, CancellationToken cancellationToken);

    [ResponseTimeout("00:00:01")]
    Task HoldBrieflyAndLook(string name, CancellationToken cancellationToken);

    /// <summary>Has another grain call this one back, which it may, and holds there.</summary>
    Task HoldInItsOwnChain(string name, string through);

    Task CallBack(string name, ITurnGrain back);

    Task<bool> StaysOnScheduler();
}

public class TurnGrain : Grain, ITurnGrain
{
    private Journal Journal => Journal.Of(this.GetPrimaryKeyString());

    public async Task Hold(string name)
    {
        Journal.Add($"{name} starts");
        await Journal.Gate;
        Journal.Add($"{name} ends");
    }

    public Task Read(string name) => Hold(name);

    public Task Interleave(string name) => Hold(name);

    public Task HoldBriefly(string name) => Hold(name);

    public Task Quick(string name)
    {
        Journal.Add(name);
        return Task.CompletedTask;
    }

    public async Task Tell(string name, bool fail)
    {
        await Hold(name);
        if (fail) throw new InvalidOperationException("nobody sees this");
    }

    public async Task HoldCancellably(string name, CancellationToken cancellationToken)
    {
        Journal.Add($"{name} starts");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Journal.Add($"{name} cancelled");
            throw;
        }
    }

    public Task HoldDeafly(string name, CancellationToken cancellationToken) => Hold(name);

    public async Task HoldBrieflyAndLook(string name, CancellationToken cancellationToken)
    {
        await Hold(name);
        Journal.Add($"{name} cancelled: {cancellationToken.IsCancellationRequested}");
    }

    public async Task HoldInItsOwnChain(string name, string through)
    {
        using (RequestContext.AllowCallChainReentrancy())
            await GrainFactory.GetGrain<ITurnGrain>(through).CallBack(name, this.AsReference<ITurnGrain>());
        Journal.Add($"{name} is back");
    }

    public Task CallBack(string name, ITurnGrain back) => back.Hold(name);

    public async Task<bool> StaysOnScheduler()
    {
        var mine = TaskScheduler.Current;
        await Task.Delay(1);
        var afterDelay = TaskScheduler.Current;
        await Task.Run(() => { });
        var afterRun = TaskScheduler.Current;
        var away = await Task.Run(() => TaskScheduler.Current);
        var child = await Task.Factory.StartNew(() => TaskScheduler.Current, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current);
        return mine != TaskScheduler.Default && mine == afterDelay && mine == afterRun && away == TaskScheduler.Default && child == mine;
    }
}

public interface IReentrantTurnGrain : ITurnGrain;

[Reentrant]
public sealed class ReentrantTurnGrain : TurnGrain, IReentrantTurnGrain;
