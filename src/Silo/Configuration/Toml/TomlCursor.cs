namespace Praefect.Silo.Configuration.Toml;

/// <summary>Walks over a document and knows the place.</summary>
internal sealed class TomlCursor(string text)
{
    /// <summary>What <see cref="Peek"/> says behind the last character.</summary>
    public const int End = -1;

    private int _index;
    private int _line = 1;
    private int _lineStart;

    public TomlPosition Position => new(_line, _index - _lineStart + 1);

    public bool AtEnd => _index >= text.Length;

    public int Peek(int ahead = 0) => _index + ahead < text.Length ? text[_index + ahead] : End;

    public char Take()
    {
        if (AtEnd)
            throw Error("the document ends too early");
        var character = text[_index++];
        if (character == '\n')
        {
            _line++;
            _lineStart = _index;
        }

        return character;
    }

    public bool TryTake(string expected)
    {
        if (string.CompareOrdinal(text, _index, expected, 0, expected.Length) != 0)
            return false;
        for (var i = 0; i < expected.Length; i++)
            Take();
        return true;
    }

    /// <summary>Takes one line end, <c>\n</c> or <c>\r\n</c>, if it stands here.</summary>
    public bool TryTakeNewline() => TryTake("\n") || TryTake("\r\n");

    public void SkipBlanks()
    {
        while (Peek() is ' ' or '\t')
            Take();
    }

    /// <summary>Blanks, comments and line ends, as allowed between statements and inside arrays.</summary>
    public void SkipBlankLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TryTakeNewline());
    }

    /// <summary>After a statement nothing but a comment may follow in its line.</summary>
    public void ExpectLineEnd()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !TryTakeNewline())
            throw Error($"expected the end of the line, found {Describe(Peek())}");
    }

    public TomlSyntaxException Error(string problem) => new(Position, problem);

    /// <summary>A character as it is named in error messages.</summary>
    public static string Describe(int character) => character switch
    {
        End => "the end of the document",
        '\n' or '\r' => "the end of the line",
        < ' ' or 0x7f => $"control character U+{character:X4}",
        _ => $"'{(char)character}'",
    };

    /// <summary>Control characters other than tab may stand nowhere in a document.</summary>
    public static bool IsControl(int character) => character is >= 0 and < ' ' and not '\t' or 0x7f;

    private void SkipComment()
    {
        if (Peek() != '#')
            return;
        while (Peek() is not ('\n' or End) && !(Peek() == '\r' && Peek(1) == '\n'))
        {
            if (IsControl(Peek()))
                throw Error($"{Describe(Peek())} in a comment");
            Take();
        }
    }
}
