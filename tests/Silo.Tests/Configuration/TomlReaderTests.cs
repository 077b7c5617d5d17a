using Praefect.Silo.Configuration.Toml;

namespace Praefect.Silo.Tests.Configuration;

public sealed class TomlReaderTests
{
    public static TheoryData<string, object> Scalars => new()
    {
        { "x = \"plain\"", "plain" },
        { "x = \"tab\\t quote\\\" slash\\\\ \\u00e9 \\U0001F600\"", "tab\t quote\" slash\\ \u00e9 \U0001F600" },
        { "x = 'C:\\Users\\n'", "C:\\Users\\n" },
        { "x = \"\"\"\nfirst\nsecond \"quoted\" \\\n    joined\"\"\"", "first\nsecond \"quoted\" joined" },
        { "x = \"\"\"two quotes\"\"\"\"\"", "two quotes\"\"" },
        { "x = '''\nraw \\ text\r\nnext'''", "raw \\ text\nnext" },
        { "x = ''", "" },
        { "x = 1_000", 1000L },
        { "x = -17", -17L },
        { "x = +9223372036854775807", long.MaxValue },
        { "x = 0xDEAD_beef", 0xDEADBEEFL },
        { "x = 0o755", 493L },
        { "x = 0b1101", 13L },
        { "x = 3.1415", 3.1415 },
        { "x = -0.01", -0.01 },
        { "x = 5e+22", 5e22 },
        { "x = 6.626e-34", 6.626e-34 },
        { "x = 9_224_617.445", 9224617.445 },
        { "x = -inf", double.NegativeInfinity },
        { "x = nan", double.NaN },
        { "x = true", true },
        { "x = false # a comment", false },
        { "x = 1979-05-27T07:32:00Z", new DateTimeOffset(1979, 5, 27, 7, 32, 0, TimeSpan.Zero) },
        { "x = 1979-05-27 00:32:00.5-07:00", new DateTimeOffset(1979, 5, 27, 0, 32, 0, 500, TimeSpan.FromHours(-7)) },
        { "x = 1979-05-27T07:32:00.999999999", new DateTime(1979, 5, 27, 7, 32, 0, DateTimeKind.Unspecified).AddTicks(9999999) },
        { "x = 1979-05-27", new DateOnly(1979, 5, 27) },
        { "x = 07:32:00.25", new TimeOnly(7, 32, 0, 250) },
    };

    public static TheoryData<string, int, int, string> Bad => new()
    {
        { "x", 1, 2, "expected =" },
        { "x =", 1, 4, "expected a value" },
        { "x = plain", 1, 5, "a string needs quotes" },
        { "x = \"open", 1, 10, "no closing" },
        { "x = \"a\nb\"", 1, 7, "no closing" },
        { "x = '''open", 1, 12, "no closing" },
        { "x = \"\\q\"", 1, 7, "unknown escape" },
        { "x = \"\\uD800\"", 1, 8, "not a Unicode character" },
        { "x = \"\\u12\"", 1, 10, "hexadecimal" },
        { "x = \"\u0001\"", 1, 6, "control character U+0001" },
        { "x = 1 # \u0001", 1, 9, "control character" },
        { "x = 1 y = 2", 1, 7, "expected the end of the line" },
        { "x = 01", 1, 5, "not a value" },
        { "x = 1__0", 1, 5, "not a value" },
        { "x = 9223372036854775808", 1, 5, "not a value" },
        { "x = 0xFFFFFFFFFFFFFFFF", 1, 5, "not a value" },
        { "x = 1.", 1, 5, "not a value" },
        { "x = 1979-13-01", 1, 5, "not a value" },
        { "x = 25:00:00", 1, 5, "not a value" },
        { "x = [1, 2", 1, 10, "expected , or ]" },
        { "x = [1 2]", 1, 8, "expected , or ]" },
        { "x = { a = 1, }", 1, 14, "expected a key" },
        { "x = { a = 1\n}", 1, 12, "expected , or }" },
        { "= 1", 1, 1, "expected a key" },
        { "x = 1\nx = 2", 2, 1, "already defined at line 1, column 5" },
        { "a.b = 1\na.b.c = 2", 2, 1, "cannot be added to" },
        { "[a]\n[a]", 2, 1, "already defined" },
        { "[a.b]\nx = 1\n[a]\nb.y = 2", 4, 1, "cannot be added to" },
        { "a = { b = 1 }\na.c = 2", 2, 1, "cannot be added to" },
        { "a = { b = 1 }\n[a.c]", 2, 1, "cannot be added to" },
        { "a = [1]\n[[a]]", 2, 1, "not an array of tables" },
        { "[[a]]\n[a]", 2, 1, "already defined" },
        { "[fruit]\napple.color = 1\n[fruit.apple]", 3, 1, "already defined" },
        { "[a\nb]", 1, 3, "expected ]" },
        { "[[a]\n", 1, 4, "expected ]]" },
        { "\"\"\"k\"\"\" = 1", 1, 4, "a key cannot be" },
        { "x = 1\r", 1, 6, "expected the end of the line" },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void Every_kind_of_scalar_is_read(string toml, object expected) => Assert.Equal(expected, Value(TomlReader.Read(toml), "x"));

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_document_that_is_not_toml_is_refused_with_line_and_column(string toml, int line, int column, string problem)
    {
        var error = Assert.Throws<TomlSyntaxException>(() => TomlReader.Read(toml));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal(new TomlPosition(line, column), error.Position);
        Assert.StartsWith($"line {line}, column {column}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_arrays_of_tables_and_dotted_keys_build_one_tree()
    {
        var root = TomlReader.Read("""
            title = "x"
            site."example.com".port = 80 # dotted, one part quoted
            site.name = 'n'

            [owner] # comment
            dob = 1979-05-27

            [[product]]
            name = "hammer"
              [product.details]
              weight = 2
              [[product.variant]]
              size = 1
              [[product.variant]]
              size = 2

            [[product]]
            name = "nail"

            [a.b.c]
            x = 1
            [a]
            y = 2
            """);

        Assert.Equal(80L, Value(root, "site", "example.com", "port"));
        Assert.Equal("n", Value(root, "site", "name"));
        Assert.Equal(new DateOnly(1979, 5, 27), Value(root, "owner", "dob"));
        var products = Assert.IsType<TomlArray>(Value(root, "product"));
        Assert.Equal(2, products.Count);
        Assert.Equal(2L, Value((TomlTable)products[0].Value, "details", "weight"));
        Assert.Equal(2, Assert.IsType<TomlArray>(Value((TomlTable)products[0].Value, "variant")).Count);
        Assert.Equal("nail", Value((TomlTable)products[1].Value, "name"));
        Assert.Equal(1L, Value(root, "a", "b", "c", "x"));
        Assert.Equal(2L, Value(root, "a", "y"));
    }

    [Fact]
    public void Arrays_span_lines_with_comments_and_a_trailing_comma_and_mix_kinds()
    {
        var array = Assert.IsType<TomlArray>(Value(TomlReader.Read("x = [ # first\n 1, \"two\",\n [3.0, []], { four = 4, five.six = 6 },\n # last\n]"), "x"));

        Assert.Equal([1L, "two"], array.Take(2).Select(item => item.Value));
        Assert.Equal(2, Assert.IsType<TomlArray>(array[2].Value).Count);
        Assert.Equal(6L, Value((TomlTable)array[3].Value, "five", "six"));
        Assert.Equal(new TomlPosition(3, 2), array[2].Position);
    }

    [Fact]
    public void Nesting_without_end_is_refused_before_the_stack_is_used_up()
    {
        var error = Assert.Throws<TomlSyntaxException>(() => TomlReader.Read("x = " + new string('[', 100_000)));

        Assert.Contains("nested more than 64 deep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_no_trouble() =>
        Assert.Equal(2L, Value(TomlReader.Read("\uFEFF[a]\r\nx = 1 # c\r\n\r\ny = 2\r\n"), "a", "y"));

    private static object Value(TomlTable table, params string[] path)
    {
        object value = table;
        foreach (var key in path)
        {
            Assert.True(((TomlTable)value).TryGet(key, out var found), $"no key {key}");
            value = found.Value;
        }

        return value;
    }
}
