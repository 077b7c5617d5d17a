using System.Globalization;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Praefect.Silo.Configuration;

/// <summary>Takes what Tomlyn has read into a table, in the document's order.</summary>
internal sealed class TomlDocument
{
    /// <summary>More mistakes than these are not listed: it is another kind of file.</summary>
    private const int MostMistakes = 20;

    private readonly List<(ConfigurationPlace Place, string Problem)> _mistakes = [];

    private TomlDocument()
    {
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="ConfigurationException">It is not TOML; every mistake is told with its line and column.</exception>
    public static ConfigurationTable Read(string toml)
    {
        var document = new TomlDocument();
        var table = document.Take(Parse(toml));
        if (document._mistakes.Count == 0)
            return table;

        // What follows the first mistake of a line is its consequence more often than not.
        throw new ConfigurationException(
        [
            .. document._mistakes.OrderBy(static one => one.Place.Line).ThenBy(static one => one.Place.Column).DistinctBy(static one => one.Place.Line).Take(MostMistakes)
                .Select(static one => $"{ConfigurationFile.ReadingPrefix}{one.Place}: {one.Problem}"),
        ]);
    }

    private static DocumentSyntax Parse(string toml)
    {
        try
        {
            return SyntaxParser.Parse(toml, sourceName: null, validate: false);
        }
        catch (TomlException e)
        {
            // Of what it does not go on after, nested without end, it tells no place.
            throw new ConfigurationException(ConfigurationFile.ReadingPrefix + e.Message);
        }
    }

    private ConfigurationTable Take(DocumentSyntax document)
    {
        var (root, defined) = (new ConfigurationTable(), TomlDefinitions.None());
        if (document.HasErrors)
        {
            _mistakes.AddRange(document.Diagnostics.Where(static one => one.Kind == DiagnosticMessageKind.Error).Select(static one => (Place(one.Span), one.Message)));
            return root;
        }

        Fill(root, defined, document.KeyValues);
        foreach (var header in document.Tables)
        {
            var (path, at, list) = (Path(header.Name!), Place(header), header is TableArraySyntax);
            if (defined.Header(path, list, at, out var problem) is not { } inside)
            {
                _mistakes.Add((at, problem));
                continue;
            }

            var parent = root;
            foreach (var key in path.SkipLast(1))
                parent = parent.Section(key, at);
            Fill(list ? parent.Append(path[^1], at) : parent.Section(path[^1], at), inside, header.Items);
        }

        return root;
    }

    private void Fill(ConfigurationTable table, TomlDefinitions defined, IEnumerable<KeyValueSyntax> pairs)
    {
        foreach (var pair in pairs)
        {
            var (path, at) = (Path(pair.Key!), Place(pair));
            var value = Value(pair.Value!);
            if (defined.Value(path, value.Place) is { Length: > 0 } problem)
            {
                _mistakes.Add((at, problem));
                continue;
            }

            var into = table;
            foreach (var key in path.SkipLast(1))
                into = into.Section(key, at);
            into.Set(path[^1], value);
        }
    }

    private ConfigurationValue Value(ValueSyntax syntax) => new(
        syntax switch
        {
            StringValueSyntax text => text.Value!,
            IntegerValueSyntax integer => Integer(integer),
            FloatValueSyntax number => number.Value,
            BooleanValueSyntax flag => flag.Value,
            DateTimeValueSyntax time => time.Value,
            ArraySyntax array => new ConfigurationList { Items = [.. array.Items.Select(item => Value(item.Value!))] },
            InlineTableSyntax table => Table(table),
            _ => throw new InvalidOperationException($"TOML has no value of kind {syntax.Kind}"),
        },
        Place(syntax));

    private ConfigurationTable Table(InlineTableSyntax syntax)
    {
        var table = new ConfigurationTable();
        Fill(table, TomlDefinitions.None(), syntax.Items.Select(static item => item.KeyValue!));
        return table;
    }

    // Tomlyn takes 0xFFFFFFFFFFFFFFFF for -1; to TOML and to Praefect it is a number that is too large. Only decimal ones have a sign.
    private long Integer(IntegerValueSyntax syntax)
    {
        if (syntax.Value < 0 && !syntax.Token!.Text!.StartsWith('-'))
            _mistakes.Add((Place(syntax), string.Create(CultureInfo.InvariantCulture, $"{syntax.Token.Text} is larger than {long.MaxValue}")));
        return syntax.Value;
    }

    private static List<string> Path(KeySyntax key) => [Name(key.Key!), .. key.DotKeys.Select(static part => Name(part.Key!))];

    private static string Name(BareKeyOrStringValueSyntax key) => key is StringValueSyntax quoted ? quoted.Value! : ((BareKeySyntax)key).Key!.Text!;

    private static ConfigurationPlace Place(SyntaxNode node) => Place(node.Span);

    private static ConfigurationPlace Place(SourceSpan span) => new(span.Start.Line + 1, span.Start.Column + 1);
}
