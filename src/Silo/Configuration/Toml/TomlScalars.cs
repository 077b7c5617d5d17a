using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Praefect.Silo.Configuration.Toml;

/// <summary>Values without quotes: booleans, numbers, dates and times.</summary>
internal static partial class TomlScalars
{
    private static readonly string[] TimeFormats = ["HH:mm:ss", "HH:mm:ss.FFFFFFF"];
    private static readonly string[] LocalFormats = ["yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFFF"];
    private static readonly string[] OffsetFormats = ["yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"];

    public static object Read(TomlCursor cursor)
    {
        var start = cursor.Position;
        var word = TakeWord(cursor);
        if (word.Length == 0)
            throw cursor.Error($"expected a value, found {TomlCursor.Describe(cursor.Peek())}");
        return Parse(word) ?? throw new TomlSyntaxException(start, $"\"{word}\" is not a value: a string needs quotes");
    }

    private static string TakeWord(TomlCursor cursor)
    {
        var word = new StringBuilder();
        while (IsWord(cursor.Peek()) || IsBlankInDate(cursor, word))
            word.Append(cursor.Take());
        return word.ToString();
    }

    private static bool IsWord(int character) => character >= 0 && (char.IsAsciiLetterOrDigit((char)character) || character is '+' or '-' or '_' or '.' or ':');

    // A blank may stand between date and time instead of the T.
    private static bool IsBlankInDate(TomlCursor cursor, StringBuilder word) =>
        cursor.Peek() == ' ' && cursor.Peek(1) is >= '0' and <= '9' && cursor.Peek(2) is >= '0' and <= '9' && Date().IsMatch(word.ToString());

    private static object? Parse(string word)
    {
        switch (word)
        {
            case "true":
                return true;
            case "false":
                return false;
            case "inf" or "+inf":
                return double.PositiveInfinity;
            case "-inf":
                return double.NegativeInfinity;
            case "nan" or "+nan" or "-nan":
                return double.NaN;
        }

        var digits = word.Replace("_", string.Empty, StringComparison.Ordinal);
        if (Decimal().IsMatch(word))
            return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (Radix().IsMatch(word))
            return ParseRadix(digits) is { } parsed ? parsed : null;
        if (Float().IsMatch(word))
            return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        return ParseTime(word);
    }

    private static long? ParseRadix(string digits)
    {
        try
        {
            var number = Convert.ToInt64(digits[2..], digits[1] switch { 'x' => 16, 'o' => 8, _ => 2 });
            return number < 0 ? null : number;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static object? ParseTime(string word)
    {
        var match = DateTimeText().Match(word);
        if (!match.Success)
            return null;
        var culture = CultureInfo.InvariantCulture;
        var date = match.Groups["date"].Value;
        var fraction = match.Groups["fraction"].Value;
        var time = match.Groups["time"].Value + (fraction.Length == 0 ? string.Empty : "." + fraction[..Math.Min(7, fraction.Length)]);
        var offset = match.Groups["offset"].Value is "Z" or "z" ? "+00:00" : match.Groups["offset"].Value;
        if (date.Length == 0)
            return offset.Length == 0 && TimeOnly.TryParseExact(time, TimeFormats, culture, DateTimeStyles.None, out var timeOfDay) ? timeOfDay : null;
        if (match.Groups["time"].Length == 0)
            return offset.Length == 0 && DateOnly.TryParseExact(date, "yyyy-MM-dd", culture, DateTimeStyles.None, out var day) ? day : null;
        if (offset.Length == 0)
            return DateTime.TryParseExact($"{date}T{time}", LocalFormats, culture, DateTimeStyles.None, out var local) ? local : null;
        return DateTimeOffset.TryParseExact($"{date}T{time}{offset}", OffsetFormats, culture, DateTimeStyles.None, out var instant) ? instant : null;
    }

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Decimal();

    [GeneratedRegex(@"\A0(x[0-9a-fA-F](_?[0-9a-fA-F])*|o[0-7](_?[0-7])*|b[01](_?[01])*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Radix();

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Float();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Date();

    [GeneratedRegex(
        @"\A((?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})([Tt ](?=[0-9])|\z))?((?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DateTimeText();
}
