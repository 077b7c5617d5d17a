using System.Buffers;
using System.Globalization;

namespace Praefect.Silo.Configuration;

/// <summary>Durations as Go writes them: <c>1h30m</c>, <c>500ms</c>, <c>-1.5s</c>, <c>0</c> (https://pkg.go.dev/time#ParseDuration).</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, decimal Nanoseconds)[] Units =
    [
        ("ns", 1m),
        ("us", 1_000m),
        ("\u00b5s", 1_000m), // micro sign
        ("\u03bcs", 1_000m), // Greek letter mu
        ("ms", 1_000_000m),
        ("s", 1_000_000_000m),
        ("m", 60_000_000_000m),
        ("h", 3_600_000_000_000m),
    ];

    /// <summary>Writes a duration as Go prints it: <c>0s</c>, <c>1.5ms</c>, <c>1m0s</c>, <c>-24h0m0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var sign = duration < TimeSpan.Zero ? "-" : string.Empty;
        var ticks = Math.Abs((decimal)duration.Ticks);
        if (ticks is > 0 and < TimeSpan.TicksPerSecond)
        {
            return ticks >= TimeSpan.TicksPerMillisecond
                ? Text(ticks / TimeSpan.TicksPerMillisecond, "ms")
                : Text(ticks / TimeSpan.TicksPerMicrosecond, "\u00b5s");
        }

        var minutes = (long)(ticks / TimeSpan.TicksPerMinute);
        var seconds = Text(ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond, "s")[sign.Length..];
        var rest = minutes == 0 ? seconds : string.Create(CultureInfo.InvariantCulture, $"{minutes % 60}m{seconds}");
        return sign + (minutes < 60 ? rest : string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h{rest}"));

        string Text(decimal number, string unit) => sign + number.ToString("0.#######", CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>Reads a duration. What is finer than 100 ns is cut off.</summary>
    /// <returns>False when the text is not a duration or does not fit into 64 bits of nanoseconds.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var negative = text.StartsWith("-", StringComparison.Ordinal);
        if (negative || text.StartsWith("+", StringComparison.Ordinal))
            text = text[1..];
        if (text is "0")
            return true;
        if (text.IsEmpty)
            return false;

        var total = 0m;
        while (!text.IsEmpty)
        {
            if (!TryTakeNumber(ref text, out var number) || !TryTakeUnit(ref text, out var unit))
                return false;
            if (number > long.MaxValue / unit)
                return false;
            total += number * unit;
            if (total > long.MaxValue)
                return false;
        }

        duration = TimeSpan.FromTicks((long)(total / 100m) * (negative ? -1 : 1));
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, out decimal number)
    {
        var length = text.IndexOfAnyExcept(NumberCharacters);
        length = length < 0 ? text.Length : length;
        var taken = text[..length];
        text = text[length..];
        return decimal.TryParse(taken, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> text, out decimal nanoseconds)
    {
        var length = text.IndexOfAny(NumberCharacters);
        length = length < 0 ? text.Length : length;
        foreach (var (unit, value) in Units)
        {
            if (!text[..length].SequenceEqual(unit))
                continue;
            text = text[length..];
            nanoseconds = value;
            return true;
        }

        nanoseconds = 0;
        return false;
    }
}
