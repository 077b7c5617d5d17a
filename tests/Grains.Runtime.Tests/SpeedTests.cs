using System.Diagnostics;
using Xunit.Abstractions;

namespace Praefect.Grains.Runtime.Tests;

/// <summary>Figures for people, with a bound so wide that only a blunder exceeds it.</summary>
[Collection(GrainRuntimeCollection.Name)]
public sealed class SpeedTests(GrainRuntimeFixture runtime, ITestOutputHelper output)
{
    [Fact]
    public async Task A_local_call_takes_microseconds()
    {
        await RunAsync(callers: 1, calls: 50_000);
        var one = await RunAsync(callers: 1, calls: 200_000);
        var many = await RunAsync(callers: 32, calls: 10_000);
        output.WriteLine($"1 caller: {one.Microseconds:F2} us a call, {one.Bytes} B; 32 callers: {many.Microseconds:F2} us a call, {many.Bytes} B");
        Assert.InRange(one.Microseconds, 0, 200);
    }

    private async Task<(double Microseconds, long Bytes)> RunAsync(int callers, int calls)
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var grain = runtime.Grains.GetGrain<ITalkGrain>(1000 + caller);
            for (var i = 0; i < calls; i++) await grain.Answer();
        })));
        var total = (long)callers * calls;
        return (Stopwatch.GetElapsedTime(start).TotalMicroseconds / total, (GC.GetTotalAllocatedBytes() - allocated) / total);
    }
}
