using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Silo.Hosting.Clustering;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A silo that was stopped in its tracks routes nothing by what it knew, until the membership says that it is still in.</summary>
public sealed class PauseGuardTests : IDisposable
{
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    private readonly SetTime _time = new();
    private readonly PauseGuard _guard;
    private Func<Task<SiloStatus>> _told = static () => Task.FromResult(SiloStatus.Active);
    private bool _givenUp;
    private int _asked;

    public PauseGuardTests() => _guard = new PauseGuard(
        () => _givenUp,
        _ =>
        {
            _asked++;
            return _told();
        },
        Probe,
        _time,
        NullLogger<PauseGuard>.Instance);

    [Fact]
    public async Task A_silo_that_runs_asks_nobody()
    {
        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));
        _time.Pass(Probe / 2);
        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));
        Assert.Equal(0, _asked);
    }

    [Theory]
    [InlineData(nameof(IRepositoryGrain.RouteAccessorAsync))]
    [InlineData(nameof(IRepositoryGrain.RouteMaintenanceAsync))]
    public async Task A_silo_that_others_gave_up_meanwhile_routes_nothing_any_more(string method)
    {
        _told = static () => Task.FromResult(SiloStatus.Dead);
        _time.Pass(Probe);

        await RefusedAsync(method);
        await RefusedAsync(method);
        Assert.Equal(1, _asked);
        _time.Pass(Probe);
        await RefusedAsync(method);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_silo_whose_row_is_gone_or_that_cannot_ask_routes_nothing()
    {
        _time.Pass(Probe);
        _told = static () => Task.FromResult(SiloStatus.None);
        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
        _told = static () => Task.FromException<SiloStatus>(new TimeoutException("no answer"));
        _time.Pass(Probe);
        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
        _told = static () => Task.FromResult(SiloStatus.Active);
        _time.Pass(Probe);
        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));
    }

    [Fact]
    public async Task A_silo_that_is_still_in_goes_on_and_asks_once()
    {
        _time.Pass(Probe * 5);

        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)))), Assert.True);

        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task What_is_certain_is_so_as_of_the_question_and_not_of_the_answer()
    {
        _time.Pass(Probe);
        _told = () =>
        {
            _time.Pass(Probe);
            return Task.FromResult(SiloStatus.Active);
        };

        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));
        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));

        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Writes_are_left_to_the_versions_of_the_records()
    {
        _told = static () => Task.FromResult(SiloStatus.Dead);
        _time.Pass(Probe);

        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.FinishAsync)));
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Looking_shows_that_it_runs_and_does_not_hide_a_pause()
    {
        _told = static () => Task.FromResult(SiloStatus.Dead);
        for (var i = 0; i < 20; i++)
        {
            _time.Pass(Probe / 10);
            _guard.Look();
        }

        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.RouteAccessorAsync)));
        _time.Pass(Probe);
        _guard.Look();
        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
    }

    [Fact]
    public async Task A_silo_that_knows_that_it_was_declared_dead_routes_nothing_though_it_never_paused_and_asks_nobody()
    {
        Assert.Null(await _guard.GivenUpAsync(CancellationToken.None));
        _givenUp = true;

        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
        Assert.NotNull(await _guard.GivenUpAsync(CancellationToken.None));
        Assert.True(await AnsweredAsync(nameof(IRepositoryGrain.FinishAsync)));
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Its_gateway_goes_by_what_it_remembers_unless_others_gave_the_silo_up_while_it_was_paused()
    {
        _time.Pass(Probe);
        _told = static () => Task.FromException<SiloStatus>(new TimeoutException("no answer"));
        Assert.Null(await _guard.GivenUpAsync(CancellationToken.None));
        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
        _told = static () => Task.FromResult(SiloStatus.Dead);
        _time.Pass(Probe);

        Assert.NotNull(await _guard.GivenUpAsync(CancellationToken.None));
        await RefusedAsync(nameof(IRepositoryGrain.RouteAccessorAsync));
        Assert.Equal(2, _asked);
    }

    public void Dispose() => _guard.Dispose();

    private async Task RefusedAsync(string method)
    {
        var refused = await Assert.ThrowsAsync<RouteException>(() => AnsweredAsync(method));
        Assert.Equal(RouteFailure.StoreUnavailable, refused.Failure);
    }

    private async Task<bool> AnsweredAsync(string method)
    {
        await _guard.EnsureAsync(method, CancellationToken.None);
        return true;
    }

    private sealed class SetTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Pass(TimeSpan length) => Interlocked.Add(ref _ticks, length.Ticks);
    }
}
