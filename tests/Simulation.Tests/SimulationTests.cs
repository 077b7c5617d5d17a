namespace Praefect.Simulation.Tests;

public sealed class SimulationTests
{
    // Two at a time: the machine may have no more than two cores.
    [Theory]
    [InlineData(1, 500)]
    public Task No_acknowledged_write_is_lost_in_the_first_seeds(int from, int count) => NothingIsWrongAsync(from, count);

    [Fact]
    public async Task A_seed_means_the_same_run_wherever_it_runs()
    {
        var first = await Simulator.RunAsync("--seed", "17", "--trace");
        var second = await Simulator.RunAsync("--seed", "17", "--trace");

        Assert.True(first.ExitCode == 0, first.Output);
        Assert.Equal(first.Output, second.Output);
        Assert.True(first.Output.Split('\n').Length > 50, "a trace tells what happens");
    }

    internal static async Task NothingIsWrongAsync(int from, int count)
    {
        var (exitCode, output) = await Simulator.RunAsync("--seeds", $"{count}", "--from", $"{from}", "--progress");
        Assert.True(exitCode == 0, output);
        Assert.Contains($"{count} seeds in", output);
    }
}

/// <summary>A class of its own, so that it runs beside the other.</summary>
public sealed class MoreSimulationTests
{
    [Theory]
    [InlineData(501, 500)]
    public Task No_acknowledged_write_is_lost_in_the_next_seeds(int from, int count) => SimulationTests.NothingIsWrongAsync(from, count);
}
