using System.IO.Pipelines;
using Praefect.Wire.Backchannel;

namespace Praefect.Wire.Tests.Floods;

public sealed class FrameCountingTests
{
    private static readonly byte[] s_frames =
    [
        .. RawClient.Preface, .. RawClient.Frame(1, 4, 1, RawClient.HeaderBlock("/path")), .. RawClient.Frame(0, 0, 1, new byte[70]),
        .. RawClient.Frame(6, 0, 0, new byte[8]), .. RawClient.Frame(0, 1, 1, []),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(1000)]
    public async Task Frames_are_found_however_they_are_cut(int step)
    {
        var budget = new FrameBudget(new StoppedClock());
        Assert.True(budget.TryCharge(FrameBudget.Burst - 10));
        var pipe = new Pipe();
        var reader = new FrameCountingReader(pipe.Reader, budget, new FrameBudget(new StoppedClock()), static () => { });
        var copy = new List<byte>();
        for (var at = 0; at < s_frames.Length; at += step)
        {
            await pipe.Writer.WriteAsync(s_frames.AsMemory(at, Math.Min(step, s_frames.Length - at)));
            var result = await reader.ReadAsync();
            foreach (var segment in result.Buffer)
                copy.AddRange(segment.Span);
            reader.AdvanceTo(result.Buffer.End);
        }

        // Settings, ping and empty data were charged, the call earned.
        Assert.Equal(s_frames, copy);
        Assert.True(budget.TryCharge(10 - 3 + FrameBudget.PerCall));
        Assert.False(budget.TryCharge(1));
    }

    [Fact]
    public async Task Bytes_that_stay_unread_are_not_counted_twice()
    {
        var budget = new FrameBudget(new StoppedClock());
        var pipe = new Pipe();
        var reader = new FrameCountingReader(pipe.Reader, budget, new FrameBudget(new StoppedClock()), static () => { });
        Assert.True(budget.TryCharge(FrameBudget.Burst - 2));
        await pipe.Writer.WriteAsync((byte[])[.. RawClient.Preface, .. RawClient.Frame(6, 0, 0, new byte[8])]);
        for (var i = 0; i < 10; i++)
        {
            var result = await reader.ReadAsync();
            reader.AdvanceTo(result.Buffer.GetPosition(1));
        }

        Assert.True(budget.TryCharge(0));
        Assert.False(budget.TryCharge(1));
    }
}
