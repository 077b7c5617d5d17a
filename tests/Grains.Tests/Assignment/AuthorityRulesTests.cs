using Praefect.Grains.Assignment;
using Praefect.Grains.Repair;

namespace Praefect.Grains.Tests.Assignment;

public sealed class AuthorityRulesTests
{
    /// <summary>Its disk still has the copy that was given up as surplus, while its node was down: to remove it now would be to lose what the operator chose.</summary>
    [Fact]
    public void A_replica_that_was_given_up_and_is_made_authoritative_is_not_to_be_removed_any_more()
    {
        var given = SurplusRules.Dismiss(Facts.Record("P:3 S1:3", "P", "P"), "S1");
        Assert.Equal("S1", Assert.Single(given.Leftovers));

        var chosen = AuthorityRules.WithAuthority(given, "S1");

        Assert.Empty(chosen.Leftovers);
        Assert.Equal(4, chosen.Generation);
        Assert.Equal(4, chosen.Replicas.Single(r => r.Storage == "S1").Generation);
    }
}
