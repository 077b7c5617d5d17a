using Praefect.Cluster.Histories;
using static Praefect.Cluster.Tests.Histories.Told;

namespace Praefect.Cluster.Tests.Histories;

public sealed class LinearizabilityTests
{
    [Fact]
    public void Operations_one_after_the_other_are_good() => Good(Read(null, 1, 2), Write("a", 3, 4), Read("a", 5, 6), Swap("a", "b", 7, 8), Read("b", 9, 10));

    [Fact]
    public void Writes_at_once_may_take_effect_in_either_order() => Good(Write("a", 1, 10), Write("b", 1, 10), Read("b", 11, 12), Read("b", 13, 14));

    [Fact]
    public void A_write_of_unknown_outcome_may_take_effect_late() =>
        Good(Write("a", 1, 2), MaybeWrite("b", 3, 4), Read("a", 5, 6), Write("c", 7, 8), Read("c", 9, 10), Read("b", 11, 12));

    [Fact]
    public void A_write_of_unknown_outcome_may_never_take_effect() => Good(Write("a", 1, 2), MaybeWrite("b", 3, 4), Read("a", 5, 6));

    [Fact]
    public void Swaps_of_unknown_outcome_may_follow_each_other() => Good(MaybeSwap(null, "a", 1, 2), MaybeSwap("a", "b", 3, 4), Read("b", 5, 6));

    [Fact]
    public void A_swap_that_differed_may_have_met_a_write_of_unknown_outcome() => Good(Write("a", 1, 2), MaybeWrite("b", 3, 4), Differed("a", "c", 5, 6), Read("b", 7, 8));

    [Fact]
    public void An_acknowledged_write_that_is_lost_is_rejected() => Bad(Write("a", 1, 2), Write("b", 3, 4), Read("a", 5, 6));

    [Fact]
    public void An_acknowledged_write_lost_under_one_at_once_is_rejected() => Bad(Write("a", 1, 2), Write("b", 3, 6), Write("c", 4, 7), Read("a", 8, 9));

    [Fact]
    public void A_lost_update_is_rejected() => Bad(Write("a", 1, 2), Swap("a", "b", 3, 6), Swap("a", "c", 4, 7));

    [Fact]
    public void A_stale_read_is_rejected() => Bad(Write("a", 1, 2), Write("b", 3, 4), Read("b", 5, 6), Read("a", 7, 8), Read("b", 9, 10));

    [Fact]
    public void Two_reads_that_disagree_on_the_order_of_a_write_under_way_are_rejected() => Bad(Write("a", 1, 2), Write("b", 3, 10), Read("b", 4, 5), Read("a", 6, 7));

    [Fact]
    public void A_value_from_nowhere_is_rejected() => Bad(Write("a", 1, 2), Read("x", 3, 4));

    [Fact]
    public void A_value_read_before_it_was_written_is_rejected() => Bad(Read("a", 1, 2), Write("a", 3, 4));

    [Fact]
    public void A_deleted_reference_that_comes_back_is_rejected() => Bad(Write("a", 1, 2), Swap("a", null, 3, 4), Read(null, 5, 6), Read("a", 7, 8));

    [Fact]
    public void A_write_of_unknown_outcome_that_comes_back_after_it_was_swapped_away_is_rejected() => Bad(MaybeWrite("a", 1, 2), Swap("a", "b", 3, 4), Read("a", 5, 6));

    [Fact]
    public void A_split_brain_is_rejected() => Bad(Write("a", 1, 2), Swap("a", "b", 3, 4), Swap("a", "c", 5, 6), Read("b", 7, 8));

    [Fact]
    public void A_swap_that_differed_from_the_only_value_is_rejected() => Bad(Write("a", 1, 2), Differed("a", "b", 3, 4));

    [Fact]
    public void A_rejection_names_what_cannot_follow()
    {
        var verdict = Linearizability.Check([Write("a", 1, 2), Read("x", 3, 4)]);
        Assert.Contains("after 1 of 2 the value is a", verdict.Problem, StringComparison.Ordinal);
        Assert.Contains("[3..4] reader: Read x", verdict.Problem, StringComparison.Ordinal);
    }

    private static void Good(params Operation[] history)
    {
        Assert.Null(Linearizability.Check(history).Problem);
        Assert.Null(AcknowledgedReads.Check(history).Problem);
    }

    private static void Bad(params Operation[] history) => Assert.False(Linearizability.Check(history).Ok);
}
