using Praefect.Gateway.Coordination;
using Praefect.Gateway.Grains;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Tests.Coordination;

public sealed class WriteOpeningTests
{
    private static Task<MutatorRoute> OpenAsync(Decisions gateway, bool creates, CancellationToken cancellationToken = default)
    {
        var (opening, id) = (gateway.Get<WriteOpening>(), gateway.Directory.NextId());
        return (creates
            ? opening.OpenAsync(Decisions.Key, new CreationRequest(id, "/x", true, [], null, Upsert: false), cancellationToken)
            : opening.OpenAsync(Decisions.Key, new MutatorRequest(id, "/x", true, []) { Turns = ["refs/heads/main"] }, cancellationToken)).WaitAsync(Decisions.Patience, CancellationToken.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_attempts_are_for_the_same_write(bool creates)
    {
        await using var gateway = new Decisions(o => o.BeginTimeout = TimeSpan.FromMilliseconds(100));
        var ids = new List<ulong>();
        gateway.Repository.Beginning = id =>
        {
            ids.Add(id);
            return ids.Count switch
            {
                1 => new TaskCompletionSource().Task,
                2 => throw new InvalidOperationException("the silo is gone"),
                3 => throw new RouteException(RouteFailure.TurnPending, "x"),
                _ => Task.CompletedTask,
            };
        };
        var route = await OpenAsync(gateway, creates);
        Assert.Equal(4, ids.Count);
        Assert.All(ids, id => Assert.Equal(route.TransactionId, id));
        Assert.False(gateway.Repository.Abandoned.IsCompleted);
    }

    /// <summary>What an attempt opened whose answer nobody waited for would keep others from the repository until it is given up, seconds later: creations above all.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_gives_up_what_an_attempt_may_have_opened(bool creates)
    {
        await using var gateway = new Decisions();
        using var leaving = new CancellationTokenSource();
        var asked = new TaskCompletionSource<ulong>();
        gateway.Repository.Beginning = id =>
        {
            asked.TrySetResult(id);
            return new TaskCompletionSource().Task;
        };
        var opening = OpenAsync(gateway, creates, leaving.Token);
        var id = await asked.Task.WaitAsync(Decisions.Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.Equal(id, await gateway.Repository.Abandoned.WaitAsync(Decisions.Patience));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task So_does_one_that_no_silo_answers_within_the_budget(bool creates)
    {
        await using var gateway = new Decisions(o => (o.BeginTimeout, o.BeginBudget) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300)));
        gateway.Repository.Beginning = _ => new TaskCompletionSource().Task;
        await Assert.ThrowsAsync<GrainUnreachableException>(() => OpenAsync(gateway, creates));
        await gateway.Repository.Abandoned.WaitAsync(Decisions.Patience);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_opened_nothing(bool creates)
    {
        await using var gateway = new Decisions();
        gateway.Repository.BeginFails = RouteFailure.NoHealthyNodes;
        Assert.Equal(RouteFailure.NoHealthyNodes, (await Assert.ThrowsAsync<RouteException>(() => OpenAsync(gateway, creates))).Failure);
        Assert.Equal(0, gateway.Get<Background.BackgroundWork>().Count);
        Assert.False(gateway.Repository.Abandoned.IsCompleted);
    }
}
