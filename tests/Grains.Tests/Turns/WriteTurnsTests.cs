using Praefect.Grains.Turns;

namespace Praefect.Grains.Tests.Turns;

public sealed class WriteTurnsTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2.4);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(15);
    private readonly WriteTurns _turns = new(7, maxWaiting: 100);
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Writes_of_one_reference_follow_one_another_in_the_order_in_which_they_came()
    {
        var claims = Enumerable.Range(1, 5).Select(i => Claim((ulong)i, "refs/heads/main")).ToArray();
        for (var i = 0; i < claims.Length; i++)
        {
            Assert.Equal(TurnState.Held, claims[i].State);
            Assert.All(claims[(i + 1)..], c => Assert.Equal(TurnState.Waiting, c.State));
            Release(claims[i]);
        }

        Assert.True(_turns.IsEmpty);
    }

    [Fact]
    public void Writes_of_different_references_do_not_wait_for_one_another() =>
        Assert.All(Enumerable.Range(1, 10).Select(i => Claim((ulong)i, $"refs/heads/{i}")), c => Assert.Equal(TurnState.Held, c.State));

    [Fact]
    public void Nobody_holds_one_of_its_references_and_waits_for_another()
    {
        var b = Claim(1, "b");
        var ab = Claim(2, "a", "b");
        var ca = Claim(3, "c", "a");
        Assert.Equal(TurnState.Waiting, ab.State);
        Assert.Equal(TurnState.Waiting, ca.State);
        Release(b);
        Assert.Equal(TurnState.Held, ab.State);
        Assert.Equal(TurnState.Waiting, ca.State);
        Release(ab);
        Assert.Equal(TurnState.Held, ca.State);
    }

    [Fact]
    public void The_whole_repository_waits_for_all_before_it_and_keeps_all_after_it_waiting()
    {
        var before = new[] { Claim(1, "a"), Claim(2, "b") };
        var whole = Claim(3, TurnKeys.WholeRepository);
        var after = Claim(4, "c");
        Assert.Equal(TurnState.Waiting, whole.State);
        Assert.Equal(TurnState.Waiting, after.State);
        Release(before[1]);
        Assert.Equal(TurnState.Waiting, whole.State);
        Release(before[0]);
        Assert.Equal(TurnState.Held, whole.State);
        Assert.Equal(TurnState.Waiting, after.State);
        Release(whole);
        Assert.Equal(TurnState.Held, after.State);
    }

    [Fact]
    public void Who_gives_up_waiting_makes_room_for_those_behind()
    {
        Claim(1, "a");
        var gaveUp = Claim(2, "a", "b");
        var behind = Claim(3, "b");
        Assert.Equal(TurnState.Waiting, behind.State);
        Release(gaveUp);
        Assert.Equal(TurnState.Held, behind.State);
    }

    [Fact]
    public void Asking_again_keeps_the_place_in_the_queue()
    {
        Claim(1, "a");
        var second = Claim(2, "a");
        Claim(3, "a");
        Assert.Same(second, Claim(2, "a"));
        Assert.Equal(2, second.Token.Sequence);
        _turns.Release(1, _now);
        Assert.Equal(TurnState.Held, second.State);
    }

    [Fact]
    public void No_more_wait_than_are_admitted_but_who_need_not_wait_is_admitted()
    {
        var turns = new WriteTurns(1, maxWaiting: 1);
        Assert.NotNull(turns.Claim(1, ["a"], _now));
        Assert.NotNull(turns.Claim(2, ["a"], _now));
        Assert.Null(turns.Claim(3, ["a"], _now));
        Assert.Null(turns.Claim(4, [TurnKeys.WholeRepository], _now));
        Assert.NotNull(turns.Claim(5, ["b"], _now));
        turns.Release(1, _now);
        Assert.NotNull(turns.Claim(3, ["a"], _now));
    }

    [Fact]
    public void A_turn_of_a_silent_gateway_is_lost_to_the_next_who_is_heard_of()
    {
        var dead = Claim(1, "a");
        var deadToo = Claim(2, "a");
        var alive = Claim(3, "a");
        _now += Lease;
        _turns.Heard(3, _now);
        Assert.Same(dead, Assert.Single(_turns.Expire(_now, Lease, Hold)));
        Assert.Equal(TurnState.Lost, dead.State);
        Assert.Equal(TurnState.Lost, deadToo.State);
        Assert.Equal(TurnState.Held, alive.State);
    }

    [Fact]
    public void A_turn_that_nobody_waits_for_is_not_taken_away()
    {
        var claim = Claim(1, "a");
        Claim(2, "b");
        _now += Hold + Hold;
        Assert.Empty(_turns.Expire(_now, Lease, Hold));
        Assert.Equal(TurnState.Held, claim.State);
    }

    [Fact]
    public void A_turn_that_others_wait_for_too_long_passes_on()
    {
        var slow = Claim(1, "a");
        _now += Hold;
        var next = Claim(2, "a");
        Assert.Empty(Expire());
        _now += Hold - TimeSpan.FromSeconds(1);
        Assert.Empty(Expire());
        _now += TimeSpan.FromSeconds(1);
        Assert.Same(slow, Assert.Single(Expire()));
        Assert.Equal(TurnState.Passed, slow.State);
        Assert.Equal(TurnState.Held, next.State);
        Assert.Equal(TurnState.Waiting, Claim(1, "a").State);

        IEnumerable<TurnClaim> Expire()
        {
            _turns.Heard(1, _now);
            _turns.Heard(2, _now);
            return _turns.Expire(_now, Lease, Hold);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_comes_and_goes_conflicting_turns_never_overlap_and_none_is_forgotten(int seed)
    {
        var random = new Random(seed);
        var held = new List<TurnClaim>();
        var open = new List<TurnClaim>();
        for (ulong id = 1; id <= 2000; id++)
        {
            var keys = random.Next(20) == 0 ? [TurnKeys.WholeRepository] : Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"r{random.Next(6)}").ToArray();
            open.Add(Claim(id, keys));
            while (open.Count > 0 && (open.Count > 40 || random.Next(3) > 0))
            {
                var claim = open[random.Next(open.Count)];
                open.Remove(claim);
                Release(claim);
            }

            held = [.. open.Where(c => c.State == TurnState.Held)];
            foreach (var a in held)
                Assert.DoesNotContain(held, b => b != a && Conflict(a, b));
            // Whoever waits waits for somebody who came before.
            Assert.All(open.Where(c => c.State == TurnState.Waiting), w => Assert.Contains(open, o => o.Token.Sequence < w.Token.Sequence && Conflict(o, w)));
            // First come, first served: nobody who came later and conflicts holds a turn.
            Assert.All(open.Where(c => c.State == TurnState.Waiting), w => Assert.DoesNotContain(held, h => h.Token.Sequence > w.Token.Sequence && Conflict(h, w)));
        }
    }

    private static bool Conflict(TurnClaim a, TurnClaim b) => a.IsWhole || b.IsWhole || a.Keys.Intersect(b.Keys, StringComparer.Ordinal).Any();

    private TurnClaim Claim(ulong id, params string[] keys) => _turns.Claim(id, [.. keys], _now) ?? throw new InvalidOperationException("not admitted");

    private void Release(TurnClaim claim) => _turns.Release(claim.TransactionId, _now);
}
