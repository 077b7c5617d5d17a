namespace Praefect.Silo.Configuration.Toml;

/// <summary>Reads TOML 1.0 (https://toml.io/en/v1.0.0).</summary>
public sealed class TomlReader
{
    /// <summary>How deep arrays and inline tables may nest.</summary>
    public const int DepthMax = 64;

    private readonly TomlCursor _cursor;
    private readonly TomlTable _root = new() { Origin = TomlTableOrigin.Header };

    private TomlReader(string text) => _cursor = new TomlCursor(text);

    /// <summary>Reads a document.</summary>
    /// <exception cref="TomlSyntaxException">It is not TOML; the message names line and column.</exception>
    public static TomlTable Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TomlReader(text.StartsWith('\uFEFF') ? text[1..] : text).ReadDocument();
    }

    private TomlTable ReadDocument()
    {
        var current = _root;
        while (true)
        {
            _cursor.SkipBlankLines();
            if (_cursor.AtEnd)
                return _root;
            if (_cursor.Peek() == '[')
                current = ReadHeader();
            else
                ReadKeyValue(current, depth: 0);
            _cursor.ExpectLineEnd();
        }
    }

    private TomlTable ReadHeader()
    {
        var start = _cursor.Position;
        var array = _cursor.TryTake("[[");
        if (!array)
            _cursor.TryTake("[");
        _cursor.SkipBlanks();
        var path = ReadKey();
        if (!_cursor.TryTake(array ? "]]" : "]"))
            throw _cursor.Error($"expected {(array ? "]]" : "]")} behind the table's name, found {TomlCursor.Describe(_cursor.Peek())}");
        var parent = _root;
        foreach (var key in path.SkipLast(1))
            parent = Enter(parent, key, start);
        return array ? AppendTable(parent, path[^1], start) : OpenTable(parent, path[^1], start);
    }

    // On the way to a table in a header: tables may be implied, and the last element of an array of tables stands for it.
    private static TomlTable Enter(TomlTable parent, string key, TomlPosition position)
    {
        if (!parent.TryGet(key, out var value))
        {
            var implied = new TomlTable { Origin = TomlTableOrigin.Implied };
            parent.Set(key, new TomlValue(implied, position));
            return implied;
        }

        return value.Value switch
        {
            TomlTable table when table.Origin != TomlTableOrigin.Inline => table,
            TomlArray { OfTables: true } array => (TomlTable)array[^1].Value,
            _ => throw new TomlSyntaxException(position, $"\"{key}\" is {value.Kind} set at {value.Position} and cannot be added to"),
        };
    }

    private static TomlTable OpenTable(TomlTable parent, string key, TomlPosition position)
    {
        if (!parent.TryGet(key, out var value))
        {
            var table = new TomlTable { Origin = TomlTableOrigin.Header };
            parent.Set(key, new TomlValue(table, position));
            return table;
        }

        if (value.Value is not TomlTable { Origin: TomlTableOrigin.Implied } implied)
            throw new TomlSyntaxException(position, $"\"{key}\" is already defined at {value.Position}");
        implied.Origin = TomlTableOrigin.Header;
        return implied;
    }

    private static TomlTable AppendTable(TomlTable parent, string key, TomlPosition position)
    {
        if (!parent.TryGet(key, out var value))
        {
            value = new TomlValue(new TomlArray { OfTables = true }, position);
            parent.Set(key, value);
        }

        if (value.Value is not TomlArray { OfTables: true } array)
            throw new TomlSyntaxException(position, $"\"{key}\" is {value.Kind} set at {value.Position}, not an array of tables");
        var table = new TomlTable { Origin = TomlTableOrigin.Header };
        array.Add(new TomlValue(table, position));
        return table;
    }

    private void ReadKeyValue(TomlTable table, int depth)
    {
        var start = _cursor.Position;
        var path = ReadKey();
        if (!_cursor.TryTake("="))
            throw _cursor.Error($"expected = behind the key, found {TomlCursor.Describe(_cursor.Peek())}");
        _cursor.SkipBlanks();
        foreach (var key in path.SkipLast(1))
            table = EnterDotted(table, key, start);
        var value = ReadValue(depth);
        if (table.TryGet(path[^1], out var earlier))
            throw new TomlSyntaxException(start, $"\"{path[^1]}\" is already defined at {earlier.Position}");
        table.Set(path[^1], value);
    }

    private static TomlTable EnterDotted(TomlTable parent, string key, TomlPosition position)
    {
        if (!parent.TryGet(key, out var value))
        {
            var table = new TomlTable { Origin = TomlTableOrigin.Dotted };
            parent.Set(key, new TomlValue(table, position));
            return table;
        }

        return value.Value is TomlTable { Origin: TomlTableOrigin.Dotted } dotted
            ? dotted
            : throw new TomlSyntaxException(position, $"\"{key}\" is {value.Kind} set at {value.Position} and cannot be added to");
    }

    private List<string> ReadKey()
    {
        var path = new List<string>();
        do
        {
            _cursor.SkipBlanks();
            path.Add(ReadKeyPart());
            _cursor.SkipBlanks();
        }
        while (_cursor.TryTake("."));
        return path;
    }

    private string ReadKeyPart()
    {
        if (_cursor.Peek() is '"' or '\'')
            return TomlStrings.Read(_cursor, multiline: false);
        var part = string.Empty;
        while (_cursor.Peek() is var next && next >= 0 && (char.IsAsciiLetterOrDigit((char)next) || next is '_' or '-'))
            part += _cursor.Take();
        return part.Length > 0 ? part : throw _cursor.Error($"expected a key, found {TomlCursor.Describe(_cursor.Peek())}");
    }

    private TomlValue ReadValue(int depth)
    {
        if (depth > DepthMax)
            throw _cursor.Error($"arrays and tables are nested more than {DepthMax} deep");
        var start = _cursor.Position;
        object value = _cursor.Peek() switch
        {
            '"' or '\'' => TomlStrings.Read(_cursor, multiline: true),
            '[' => ReadArray(depth),
            '{' => ReadInlineTable(depth),
            _ => TomlScalars.Read(_cursor),
        };
        return new TomlValue(value, start);
    }

    private TomlArray ReadArray(int depth)
    {
        var array = new TomlArray();
        _cursor.TryTake("[");
        while (true)
        {
            _cursor.SkipBlankLines();
            if (_cursor.TryTake("]"))
                return array;
            array.Add(ReadValue(depth + 1));
            _cursor.SkipBlankLines();
            if (_cursor.TryTake(","))
                continue;
            return _cursor.TryTake("]") ? array : throw _cursor.Error($"expected , or ] in the array, found {TomlCursor.Describe(_cursor.Peek())}");
        }
    }

    private TomlTable ReadInlineTable(int depth)
    {
        // Dotted keys inside the braces may add to each other; from the closing brace on nothing may.
        var table = new TomlTable { Origin = TomlTableOrigin.Inline };
        _cursor.TryTake("{");
        _cursor.SkipBlanks();
        if (_cursor.TryTake("}"))
            return table;
        do
        {
            _cursor.SkipBlanks();
            ReadKeyValue(table, depth + 1);
            _cursor.SkipBlanks();
        }
        while (_cursor.TryTake(","));
        return _cursor.TryTake("}") ? table : throw _cursor.Error($"expected , or }} in the table, found {TomlCursor.Describe(_cursor.Peek())}");
    }
}
