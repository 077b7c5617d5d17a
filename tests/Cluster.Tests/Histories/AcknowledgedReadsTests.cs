using Praefect.Cluster.Histories;
using static Praefect.Cluster.Tests.Histories.Told;

namespace Praefect.Cluster.Tests.Histories;

public sealed class AcknowledgedReadsTests
{
    [Fact]
    public void Reads_may_disagree_on_a_write_under_way() => Good(Write("a", 1, 2), Write("b", 3, 10), Read("b", 4, 5), Read("a", 6, 7));

    [Fact]
    public void Reads_may_disagree_on_a_write_of_unknown_outcome() => Good(Write("a", 1, 2), MaybeWrite("b", 3, 4), Read("b", 5, 6), Read("a", 7, 8), Read("b", 9, 10));

    [Fact]
    public void A_read_that_began_before_the_acknowledgement_may_miss_the_write() => Good(Write("a", 1, 2), Write("b", 3, 6), Read("a", 5, 9));

    [Fact]
    public void A_read_that_begins_after_the_acknowledgement_and_misses_the_write_is_rejected() => Bad("stale", Write("a", 1, 2), Write("b", 3, 6), Read("a", 7, 9));

    [Fact]
    public void A_value_that_an_acknowledged_swap_replaced_is_rejected() => Bad("stale", MaybeWrite("a", 1, 2), Swap("a", "b", 1, 6), Read("a", 7, 9));

    [Fact]
    public void A_value_from_nowhere_is_rejected() => Bad("nobody", Write("a", 1, 2), Read("x", 3, 4));

    [Fact]
    public void A_value_from_a_write_that_had_not_begun_is_rejected() => Bad("nobody", Read("a", 1, 2), Write("a", 3, 4));

    [Fact]
    public void A_reference_that_is_missing_after_its_acknowledgement_is_rejected() => Bad("stale", Write("a", 1, 2), Read(null, 3, 4));

    [Fact]
    public void A_deleted_reference_that_comes_back_is_rejected() => Bad("stale", Write("a", 1, 2), Swap("a", null, 3, 4), Read("a", 5, 6));

    private static void Good(params Operation[] history) => Assert.Null(AcknowledgedReads.Check(history).Problem);

    private static void Bad(string why, params Operation[] history) => Assert.Contains(why, AcknowledgedReads.Check(history).Problem, StringComparison.Ordinal);
}
