using System.Globalization;

namespace Praefect.Silo.CommandLine;

/// <summary>One line on standard error that tells a person how far a long command is; nothing in pipes and files. Redrawn at most five times a second.</summary>
internal sealed class ProgressLine(CommandConsole console, TimeProvider time, string what) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private long _drawnAt;
    private int _width;

    /// <summary>Says how many of how many are done.</summary>
    /// <param name="done">So many.</param>
    /// <param name="all">Of so many; null: nobody knows.</param>
    public void Report(long done, long? all)
    {
        if (!console.Interactive || (_drawnAt != 0 && time.GetElapsedTime(_drawnAt) < Pause))
            return;
        _drawnAt = time.GetTimestamp();
        var text = all is { } count
            ? string.Create(CultureInfo.InvariantCulture, $"{what}: {done} of {count} ({100.0 * done / Math.Max(count, 1):0} %)")
            : string.Create(CultureInfo.InvariantCulture, $"{what}: {done}");
        Draw(text);
    }

    /// <summary>Takes the line away, so that what is printed next stands in its place.</summary>
    public void Clear()
    {
        if (_width == 0)
            return;
        Draw("");
        console.Errors.Write('\r');
        _width = 0;
    }

    public void Dispose() => Clear();

    private void Draw(string text)
    {
        console.Errors.Write('\r' + text.PadRight(_width));
        console.Errors.Flush();
        _width = text.Length;
    }
}
