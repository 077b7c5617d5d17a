using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Praefect.Grains.Nodes;
using Praefect.Grains.Tests.Cluster;

namespace Praefect.Grains.Tests.Nodes;

/// <summary>What a process makes of a refresh of its snapshots that fails.</summary>
[Collection(ClusterTests.Name)]
public sealed class DirectoryAgeTests(TestCluster cluster)
{
    [Fact]
    public async Task Snapshots_serve_on_while_a_silo_is_being_replaced_and_count_as_old_when_nobody_answers_for_longer()
    {
        cluster.Nodes.Add("default", 0, "P", "S1", "S2");
        var time = new ShiftedTime();
        var options = TestCluster.Options with { DirectoryRefresh = TimeSpan.FromMilliseconds(50) };
        var grains = DispatchProxy.Create<IGrainFactory, GrainsThatGoAway>();
        var away = (GrainsThatGoAway)grains;
        away.Inner = cluster.Grains;
        await using var directory = new NodeDirectory(grains, options, time, NullLogger<NodeDirectory>.Instance);
        await directory.StartAsync(default);
        Assert.True(directory.Current);

        away.Away = true;
        // The first refusal of each virtual storage is on the books once it is asked again.
        await Bench.EventuallyAsync(() => Task.FromResult(away.Refused > 2 * options.VirtualStorages.Length), "asked in vain");
        Assert.True(directory.Current);
        time.Shift = TimeSpan.FromSeconds(5);
        Assert.True(directory.Current);
        time.Shift = TimeSpan.FromSeconds(7);
        Assert.False(directory.Current);
        Assert.NotNull(directory.Find("default"));

        away.Away = false;
        await Bench.EventuallyAsync(() => Task.FromResult(directory.Current), "found again");
    }

    /// <summary>Grains that can be out of reach.</summary>
    public class GrainsThatGoAway : DispatchProxy
    {
        private int _refused;
        private volatile bool _away;

        public IGrainFactory? Inner { get; set; }

        public bool Away
        {
            get => _away;
            set => _away = value;
        }

        public int Refused => Volatile.Read(ref _refused);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (!Away)
                return targetMethod!.Invoke(Inner, args);
            Interlocked.Increment(ref _refused);
            throw new TimeoutException("no answer");
        }
    }

    /// <summary>The time, some of which has passed at once.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        private long _shift;

        public TimeSpan Shift
        {
            set => Interlocked.Exchange(ref _shift, (long)(value.TotalSeconds * TimestampFrequency));
        }

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);
    }
}
