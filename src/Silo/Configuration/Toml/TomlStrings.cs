using System.Globalization;
using System.Text;

namespace Praefect.Silo.Configuration.Toml;

/// <summary>The four kinds of strings.</summary>
internal static class TomlStrings
{
    /// <summary>Reads the string that begins at the cursor.</summary>
    /// <param name="cursor">Stands on a quote.</param>
    /// <param name="multiline">Whether the kinds in three quotes are allowed here (not in keys).</param>
    public static string Read(TomlCursor cursor, bool multiline)
    {
        var escapes = cursor.Peek() == '"';
        var quote = escapes ? "\"" : "'";
        var triple = escapes ? "\"\"\"" : "'''";
        if (!cursor.TryTake(triple))
        {
            cursor.TryTake(quote);
            return ReadLine(cursor, quote[0], escapes);
        }

        if (!multiline)
            throw cursor.Error("a key cannot be a string of several lines");
        cursor.TryTakeNewline();
        return ReadLines(cursor, triple, escapes);
    }

    private static string ReadLine(TomlCursor cursor, char quote, bool escapes)
    {
        var text = new StringBuilder();
        while (true)
        {
            var next = cursor.Peek();
            if (next is TomlCursor.End or '\n' or '\r')
                throw cursor.Error($"the string has no closing {quote}");
            RefuseControl(cursor);
            if (next == quote)
            {
                cursor.Take();
                return text.ToString();
            }

            if (escapes && next == '\\')
                ReadEscape(cursor, text);
            else
                text.Append(cursor.Take());
        }
    }

    private static string ReadLines(TomlCursor cursor, string quotes, bool escapes)
    {
        var text = new StringBuilder();
        while (true)
        {
            if (cursor.AtEnd)
                throw cursor.Error($"the string has no closing {quotes}");
            if (cursor.TryTake(quotes))
            {
                // One or two quotes right before the closing ones belong to the string.
                for (var i = 0; i < 2 && cursor.Peek() == quotes[0]; i++)
                    text.Append(cursor.Take());
                return text.ToString();
            }

            if (cursor.TryTakeNewline())
                text.Append('\n');
            else if (escapes && cursor.Peek() == '\\')
                ReadEscapeOrLineEnd(cursor, text);
            else
            {
                RefuseControl(cursor);
                text.Append(cursor.Take());
            }
        }
    }

    private static void ReadEscapeOrLineEnd(TomlCursor cursor, StringBuilder text)
    {
        // A backslash before blanks and a line end joins the lines.
        var ahead = 1;
        while (cursor.Peek(ahead) is ' ' or '\t')
            ahead++;
        if (cursor.Peek(ahead) != '\n' && !(cursor.Peek(ahead) == '\r' && cursor.Peek(ahead + 1) == '\n'))
        {
            ReadEscape(cursor, text);
            return;
        }

        cursor.Take();
        do
        {
            cursor.SkipBlanks();
        }
        while (cursor.TryTakeNewline());
    }

    private static void ReadEscape(TomlCursor cursor, StringBuilder text)
    {
        cursor.Take();
        var letter = cursor.Peek();
        var plain = letter switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'f' => '\f',
            'r' => '\r',
            '"' => '"',
            '\\' => '\\',
            _ => '\0',
        };
        if (plain != '\0')
        {
            cursor.Take();
            text.Append(plain);
        }
        else if (letter is 'u' or 'U')
        {
            cursor.Take();
            text.Append(ReadScalar(cursor, letter == 'u' ? 4 : 8));
        }
        else
            throw cursor.Error($"unknown escape \\ and {TomlCursor.Describe(letter)}");
    }

    private static string ReadScalar(TomlCursor cursor, int digits)
    {
        var start = cursor.Position;
        var code = 0u;
        for (var i = 0; i < digits; i++)
        {
            if (cursor.Peek() < 0 || !char.IsAsciiHexDigit((char)cursor.Peek()))
                throw cursor.Error($"an escape needs {digits} hexadecimal digits");
            code = (code << 4) | uint.Parse([cursor.Take()], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return Rune.IsValid(code) ? new Rune(code).ToString() : throw new TomlSyntaxException(start, $"U+{code:X} is not a Unicode character");
    }

    private static void RefuseControl(TomlCursor cursor)
    {
        if (TomlCursor.IsControl(cursor.Peek()))
            throw cursor.Error($"{TomlCursor.Describe(cursor.Peek())} in a string: write it as an escape");
    }
}
