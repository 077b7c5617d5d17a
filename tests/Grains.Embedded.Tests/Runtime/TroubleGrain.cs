using Orleans;
using Orleans.Runtime;

namespace Praefect.Grains.Embedded.Tests.Runtime;

public interface ITroubleGrain : IGrainWithStringKey
{
    Task<string> Ask(string other, string back);

    Task<string> Answer();

    Task Hold();

    Task HoldCancellably(CancellationToken cancellationToken);

    Task<string> LastReason();
}

public sealed class TroubleGrain(Journal journal) : Grain, ITroubleGrain
{
    public static TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Add($"{this.GetPrimaryKeyString()} {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public async Task<string> Ask(string other, string back) => await (other.Length == 0
        ? GrainFactory.GetGrain<ITroubleGrain>(back).Answer()
        : GrainFactory.GetGrain<ITroubleGrain>(other).Ask("", back));

    public Task<string> Answer() => Task.FromResult("answer");

    public Task Hold()
    {
        journal.Add("held");
        return Gate.Task;
    }

    public Task HoldCancellably(CancellationToken cancellationToken)
    {
        journal.Add("never");
        return Task.CompletedTask;
    }

    public Task<string> LastReason() => Task.FromResult("none");
}
