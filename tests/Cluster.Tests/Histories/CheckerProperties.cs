using FsCheck;
using FsCheck.Fluent;
using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Tests.Histories;

/// <summary>The checker against histories of a real register, and against trying all orders. A failure prints the seed of the history.</summary>
public sealed class CheckerProperties
{
    private static Arbitrary<int> Seeds => Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary();

    private static Config Config => Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Whatever_a_register_answers_is_accepted() => Prop.ForAll(Seeds, seed =>
    {
        var history = RegisterHistory.Make(new Random(seed), operations: 60, clients: 5);
        return Linearizability.Check(history).Ok && AcknowledgedReads.Check(history).Ok;
    }).Check(Config);

    [Fact]
    public void An_answer_that_was_overwritten_before_it_was_asked_for_is_rejected() => Prop.ForAll(Seeds, seed =>
    {
        var history = RegisterHistory.Make(new Random(seed), operations: 60, clients: 5);
        var end = history.Max(static operation => operation.Ended);
        Operation[] stale = [.. history, Told.Write("old", end + 1, end + 2), Told.Write("new", end + 3, end + 4), Told.Read("old", end + 5, end + 6)];
        return !Linearizability.Check(stale).Ok && !AcknowledgedReads.Check(stale).Ok;
    }).Check(Config);

    [Fact]
    public void The_verdict_is_that_of_trying_all_orders() => Prop.ForAll(Seeds, seed =>
    {
        var history = RegisterHistory.MakeUp(new Random(seed));
        return Linearizability.Check(history).Ok == AllOrders.Explain(history);
    }).Check(Config.WithMaxTest(5000));

    [Fact]
    public void Made_up_histories_are_of_both_kinds()
    {
        var good = Enumerable.Range(0, 500).Count(static seed => Linearizability.Check(RegisterHistory.MakeUp(new Random(seed))).Ok);
        Assert.InRange(good, 50, 450);
    }
}
