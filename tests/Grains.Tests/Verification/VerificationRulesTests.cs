using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;
using Praefect.Grains.Verification;

namespace Praefect.Grains.Tests.Verification;

public sealed class VerificationRulesTests
{
    private static readonly DateTimeOffset At = new(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Theory]
    [InlineData(true, true, "P S1")]
    [InlineData(true, false, "P S1")]
    [InlineData(false, true, "P")]
    [InlineData(false, false, "P S1")]
    public void A_missing_replica_leaves_the_record_only_where_that_is_wanted(bool exists, bool deletes, string left)
    {
        var record = VerificationRules.Answered(Facts.Record("P:0 S1:0"), "S1", exists, deletes, At);
        Assert.Equal(left, Facts.Join(record.Replicas.Select(r => r.Storage)));
        // Looked at, so that it is not reported again before its time.
        Assert.All(record.Replicas.Where(r => r.Storage == "S1"), r => Assert.Equal(At, r.VerifiedAt));
        Assert.Null(record.Replicas[0].VerifiedAt);
    }

    [Fact]
    public void The_last_replica_takes_no_repository_with_it()
    {
        var record = VerificationRules.Answered(Facts.Record("P:3"), "P", exists: false, deletes: true, At);
        Assert.Empty(record.Replicas);
        Assert.True(record.Exists());
        Assert.Equal(3, record.Generation);
    }

    [Fact]
    public void Waits_between_copies_that_fail_double_up_to_a_longest_and_begin_anew_after_a_return()
    {
        var backoff = new RepairBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            backoff.Failed(At);
            waits.Add((backoff.NotBefore - At).TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 6, 6, 6], waits);
        backoff.Forget();
        backoff.Failed(At);
        Assert.Equal(1, (backoff.NotBefore - At).TotalSeconds);
    }
}
