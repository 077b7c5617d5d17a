using FsCheck;
using FsCheck.Fluent;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>Random sequences of votes, late and repeated ones, withdrawals, cancelled voters, cancel and stop: our rules and the model must agree after each step.</summary>
public sealed class VoteModelTests
{
    private const int Sequences = 20_000;
    private static readonly string[] s_names = ["P", "S1", "S2", "S3", "S4", "S5", "nobody"];

    private enum Kind
    {
        Vote,
        Withdraw,
        CancelVoter,
        Cancel,
        Stop,
    }

    private static Gen<Step> Steps =>
        from kind in Gen.Frequency((16, Gen.Constant(Kind.Vote)), (2, Gen.Constant(Kind.Withdraw)), (2, Gen.Constant(Kind.CancelVoter)), (1, Gen.Constant(Kind.Cancel)), (1, Gen.Constant(Kind.Stop)))
        from voter in Gen.Choose(0, 6)
        from vote in Gen.Frequency((5, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)))
        from preparing in Gen.Frequency((12, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new Step(kind, voter, vote, preparing);

    private static Arbitrary<Sequence> Arbitrary =>
        Arb.From(
            from secondaries in Gen.Choose(0, 5)
            from length in Gen.Choose(1, 40)
            from steps in Gen.ArrayOf(Steps, length)
            select new Sequence(secondaries, steps),
            static s => s.Steps.Select((_, i) => s with { Steps = [.. s.Steps.Where((_, j) => j != i)] }));

    [Fact]
    public void The_rules_and_the_model_agree_on_every_sequence() =>
        Prop.ForAll(Arbitrary, sequence => Difference(sequence) is not { } difference ? true : throw new InvalidOperationException(difference))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Sequences));

    private static string? Difference(Sequence sequence)
    {
        var model = new VoteModel(sequence.Secondaries);
        var rules = new Transaction(Electorate.WithMandatoryPrimary("P", [.. s_names.Skip(1).Take(sequence.Secondaries)]));
        for (var i = 0; i < sequence.Steps.Length; i++)
        {
            if ((Apply(model, rules, sequence.Secondaries, sequence.Steps[i]) ?? Compare(model, rules, sequence.Secondaries)) is { } difference)
                return $"step {i + 1} of {sequence}: {difference}";
        }

        return null;
    }

    private static string? Apply(VoteModel model, Transaction rules, int secondaries, Step step)
    {
        // Beyond the secondaries there are strangers.
        var voter = step.Voter > secondaries ? 6 : step.Voter;
        switch (step.Kind)
        {
            case Kind.Vote:
                var expected = model.Vote(voter, step.Value, step.Preparing);
                var answer = Cast(rules, s_names[voter], step);
                return answer == expected ? null : $"the vote got {answer?.ToString() ?? "no answer yet"} instead of {expected?.ToString() ?? "none yet"}";
            case Kind.Withdraw when voter <= secondaries:
                model.Withdraw(voter);
                rules.PendingOf(s_names[voter]).FirstOrDefault(r => r.DidVote(s_names[voter]))?.CancelVoter(s_names[voter]);
                return null;
            case Kind.CancelVoter:
                model.CancelVoter(voter);
                rules.CancelVoter(s_names[voter]);
                return null;
            case Kind.Cancel:
                model.Cancel();
                rules.Cancel();
                return null;
            case Kind.Stop:
                model.Stop();
                rules.Stop();
                return null;
            default:
                return null;
        }
    }

    private static VoteAnswer? Cast(Transaction rules, string voter, Step step)
    {
        var (round, answer) = rules.Cast(voter, new Vote((ulong)step.Value, 0, 0), step.Preparing ? VotePhase.Preparing : VotePhase.Prepared);
        if (answer is not null)
            return answer.Answer;
        return round!.StateOf(voter) == VoterState.Undecided ? null : round.ResultOf(voter).Answer;
    }

    private static string? Compare(VoteModel model, Transaction rules, int secondaries)
    {
        if (model.VotedRounds != rules.Rounds)
            return $"{rules.Rounds} rounds instead of {model.VotedRounds}";
        if (model.Stopped != rules.Stopped)
            return $"stopped: {rules.Stopped}";
        for (var i = 0; i <= secondaries; i++)
        {
            if (model.StateOf(i) != rules.StateOf(s_names[i]))
                return $"{s_names[i]} is {rules.StateOf(s_names[i])} instead of {model.StateOf(i)}";
            if (model.DidVote(i) != rules.DidVote(s_names[i]) || model.FailedAny(i) != rules.FailedAny(s_names[i]))
                return $"{s_names[i]} did vote: {rules.DidVote(s_names[i])}, failed any: {rules.FailedAny(s_names[i])}";
        }

        return null;
    }

    private sealed record Step(Kind Kind, int Voter, int Value, bool Preparing);

    private sealed record Sequence(int Secondaries, Step[] Steps)
    {
        public override string ToString() => $"{Secondaries} secondaries: {string.Join("; ", Steps.Select(s => s.Kind is Kind.Vote ? $"{s_names[s.Voter]} votes {s.Value}" : $"{s.Kind} {s_names[s.Voter]}"))}";
    }
}
