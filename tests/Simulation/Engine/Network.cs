using Praefect.Grains.Nodes;

namespace Praefect.Simulation.Engine;

/// <summary>How calls between processes fare.</summary>
internal sealed class Network(World world)
{
    private static readonly TimeSpan Refused = TimeSpan.FromMilliseconds(1);
    private readonly HashSet<(string, string)> _cuts = [];

    /// <summary>How often a call is lost on its way, and how often its answer is.</summary>
    public double Loss { get; set; }

    /// <summary>How often a message takes long.</summary>
    public double Slowness { get; set; }

    public long Lost { get; private set; }

    public long Repeated { get; private set; }

    public void Cut(string a, string b)
    {
        _cuts.Add((a, b));
        _cuts.Add((b, a));
        world.Trace.Add("network", $"cut between {a} and {b}");
    }

    public void Heal()
    {
        if (_cuts.Count > 0)
            world.Trace.Add("network", "healed");
        _cuts.Clear();
    }

    public TimeSpan Latency() =>
        world.Random.Chance(Slowness) ? world.Random.Milliseconds(20, 1500) : world.Random.Between(TimeSpan.FromMicroseconds(50), TimeSpan.FromMilliseconds(3));

    /// <summary>
    /// A call from one process to another. It can be refused, lost on the way there or back (the caller then sees a broken connection, at once or
    /// much later), and delivered twice where its sender repeats calls.
    /// </summary>
    public Task<T> CallAsync<T>(Host from, Host? to, Func<CancellationToken, Task<T>> body, CancellationToken cancellationToken, bool repeats = false)
    {
        var call = new Call<T>(this, from, to, body);
        call.Start(cancellationToken);
        if (repeats && Loss > 0 && world.Random.Chance(Loss))
        {
            Repeated++;
            new Call<T>(this, from, to, body).Start(CancellationToken.None);
        }

        return call.Answer;
    }

    private bool IsCut(Host from, Host to) => _cuts.Contains((from.Name, to.Name));

    private sealed class Call<T>(Network network, Host from, Host? to, Func<CancellationToken, Task<T>> body)
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _ended = new();
        private CancellationTokenRegistration _registration;

        public Task<T> Answer => _answer.Task;

        private World World => from.World;

        public void Start(CancellationToken cancellationToken)
        {
            _registration = cancellationToken.UnsafeRegister(_ => GiveUp(cancellationToken), null);
            if (to is null || !to.Alive)
            {
                World.After(Refused, () => Break("connection refused"));
                return;
            }

            from.OnDeath(CallerDied);
            to.OnDeath(CalleeDied);
            if (network.IsCut(from, to) || World.Random.Chance(network.Loss))
                Lose();
            else
                World.After(network.Latency(), Deliver);
        }

        private void Deliver() => to!.Post(() => _ = to.Run(ServeAsync));

        private async Task ServeAsync()
        {
            T result = default!;
            Exception? error = null;
            try
            {
                result = await body(_ended.Token);
            }
            catch (Exception e)
            {
                error = e;
            }

            if (network.IsCut(to!, from) || World.Random.Chance(network.Loss))
                Lose();
            else
                World.After(network.Latency(), () => Complete(result, error));
        }

        // A broken connection shows at once, or only when its keepalive finds it.
        private void Lose()
        {
            network.Lost++;
            World.After(World.Random.Chance(0.5) ? network.Latency() : World.Random.Milliseconds(2000, 12000), () => Break("connection reset"));
        }

        private void Break(string reason)
        {
            End();
            from.Post(() => Finish(() => _answer.TrySetException(new NodeException(reason))));
        }

        private void Complete(T result, Exception? error) => from.Post(() => Finish(() =>
        {
            if (error is null)
                _answer.TrySetResult(result);
            else
                _answer.TrySetException(error);
        }));

        private void Finish(Action answer)
        {
            _registration.Unregister();
            from.Forget(CallerDied);
            to?.Forget(CalleeDied);
            answer();
        }

        private void GiveUp(CancellationToken cancellationToken)
        {
            End();
            Finish(() => _answer.TrySetCanceled(cancellationToken));
        }

        private void CallerDied() => End();

        private void CalleeDied() => World.After(network.Latency(), () => Break("connection reset by peer"));

        // The other side hears of it a moment later; what it does until then, it does.
        private void End() => World.After(network.Latency(), () =>
        {
            if (to is { Alive: true } callee)
                callee.Post(_ended.Cancel);
        });
    }
}
