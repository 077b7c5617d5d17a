using System.Globalization;

namespace Praefect.Trial.Smoke;

/// <summary>Says what happens, each line with the seconds since the start.</summary>
internal sealed class SmokeReport(TextWriter output, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public void Say(string text) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{time.GetElapsedTime(_start).TotalSeconds,6:0.0} s] {text}"));

    /// <summary>A span of time as people read it.</summary>
    public static string Span(TimeSpan span) => span < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
