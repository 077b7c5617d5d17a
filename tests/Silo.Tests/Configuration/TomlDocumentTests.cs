using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class TomlDocumentTests
{
    public static TheoryData<string, object> Scalars => new()
    {
        { "x = \"plain\"", "plain" },
        { "x = \"tab\\t quote\\\" slash\\\\ \\u00e9 \\U0001F600\"", "tab\t quote\" slash\\ \u00e9 \U0001F600" },
        { "x = 'C:\\Users\\n'", "C:\\Users\\n" },
        { "x = \"\"\"\nfirst\nsecond \"quoted\" \\\n    joined\"\"\"", "first\nsecond \"quoted\" joined" },
        { "x = \"\"\"two quotes\"\"\"\"\"", "two quotes\"\"" },
        { "x = '''\nraw \\ text\r\nnext'''", "raw \\ text\r\nnext" },
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
    };

    public static TheoryData<string, int, int, string> Bad => new()
    {
        { "x", 1, 2, "Expecting `=`" },
        { "x =", 1, 4, "for a value" },
        { "x = plain", 1, 5, "for a value" },
        { "x = \"open", 1, 9, "Invalid End-Of-File" },
        { "x = \"a\nb\"", 1, 7, "Invalid newline" },
        { "x = '''open", 1, 11, "Invalid End-Of-File" },
        { "x = \"\\q\"", 1, 7, "Unexpected escape character" },
        { "x = \"\\uD800\"", 1, 7, "Invalid Unicode scalar value" },
        { "x = \"\\u12\"", 1, 10, "Unexpected escape character" },
        { "x = \"\u0001\"", 1, 5, "control character" },
        { "x = 1 # \u0001", 1, 9, "control character" },
        { "x = 1 y = 2", 1, 7, "Unexpected token" },
        { "x = 01", 1, 5, "leading zero" },
        { "x = 1__0", 1, 7, "underscore" },
        { "x = 9223372036854775808", 1, 5, "Unable to parse integer" },
        { "x = 0xFFFFFFFFFFFFFFFF", 1, 5, "is larger than 9223372036854775807" },
        { "x = 1.", 1, 5, "for a value" },
        { "x = 1979-13-01", 1, 5, "Unable to parse the date" },
        { "x = 25:00:00", 1, 5, "Unable to parse the date" },
        { "x = [1, 2", 1, 10, "Expecting a closing `]`" },
        { "x = [1 2]", 1, 8, "Missing a `,`" },
        { "= 1", 1, 1, "Unexpected token" },
        { "x = 1\nx = 2", 2, 1, "already defined at line 1, column 5" },
        { "a.b = 1\na.b.c = 2", 2, 1, "cannot be added to" },
        { "[a]\n[a]", 2, 1, "already defined" },
        { "[a.b]\nx = 1\n[a]\nb.y = 2", 4, 1, "cannot be added to" },
        { "a = { b = 1 }\na.c = 2", 2, 1, "cannot be added to" },
        { "a = { b = 1 }\n[a.c]", 2, 1, "cannot be added to" },
        { "a = { b = 1, b = 2 }", 1, 14, "already defined at line 1, column 11" },
        { "a = [{ b = 1, b.c = 2 }]", 1, 15, "cannot be added to" },
        { "a = [1]\n[[a]]", 2, 1, "not an array of tables" },
        { "[[a]]\n[a]", 2, 1, "already defined" },
        { "[fruit]\napple.color = 1\n[fruit.apple]", 3, 1, "already defined" },
        { "[a", 1, 3, "expecting `]`" },
        { "[[a]\n", 1, 4, "expecting `]]`" },
        { "\"\"\"k\"\"\" = 1", 1, 3, "Expecting `=`" },
        { "x = 1\r", 1, 6, "Invalid \\r" },
        { "a = 1\n[A]", 2, 1, "A is an integer at line 1, column 5 and cannot be added to" },
        { "a = 1\n[[A]]", 2, 1, "A is an integer at line 1, column 5 and cannot be added to" },
        { "a = 1\nA = {}", 2, 5, "A is an integer at line 1, column 5 and cannot be added to" },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void Every_kind_of_scalar_is_read(string toml, object expected) => Assert.Equal(expected, Value(TomlDocument.Read(toml), "x"));

    [Theory]
    [InlineData("x = 1979-05-27T07:32:00Z")]
    [InlineData("x = 1979-05-27 00:32:00.5-07:00")]
    [InlineData("x = 1979-05-27T07:32:00.9999999")]
    [InlineData("x = 1979-05-27")]
    [InlineData("x = 07:32:00.25")]
    public void Dates_and_times_are_told_from_everything_else(string toml)
    {
        Assert.True(TomlDocument.Read(toml).TryGet("x", out var found));
        Assert.Equal(("a date or time", new ConfigurationPlace(1, 5)), (found.Kind, found.Place));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_document_that_is_not_toml_is_refused_with_line_and_column(string toml, int line, int column, string problem)
    {
        var error = Assert.Throws<ConfigurationException>(() => TomlDocument.Read(toml));

        var told = Assert.Single(error.Problems);
        Assert.StartsWith($"error reading config file: line {line}, column {column}: ", told, StringComparison.Ordinal);
        Assert.Contains(problem, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_that_cannot_be_read_is_told_once() => Assert.Equal(
        ["line 1, column 5: ", "line 3, column 5: "],
        Assert.Throws<ConfigurationException>(() => TomlDocument.Read("a = plain text\nb = 1\nc = :2305\n")).Problems
            .Select(static problem => problem["error reading config file: ".Length..][..18]));

    [Theory]
    [InlineData("[[v]]\nname = 'a'\n[[v.n]]\nx = 1\n[[v]]\nname = 'b'\nn = [{ x = 1 }]")]
    [InlineData("[[v]]\nname = 'a'\nn = [{ x = 1 }]\n[[v]]\nname = 'b'\n[[v.n]]\nx = 1")]
    public void Each_table_of_a_list_is_one_of_its_own(string toml)
    {
        var list = (ConfigurationList)Value(TomlDocument.Read(toml), "v");

        Assert.Equal([1L, 1L], list.Items.Select(static item => Value(((ConfigurationList)Value((ConfigurationTable)item.Value, "n")).Last!, "x")));
    }

    [Fact]
    public void A_secret_that_is_there_twice_is_not_told()
    {
        var error = Assert.Throws<ConfigurationException>(() => TomlDocument.Read("[auth]\ntoken = 'first`secret'\ntoken = 'second-secret'"));

        Assert.Equal("error reading config file: line 3, column 1: \"token\" is already defined at line 2, column 9", error.Message);
    }

    [Theory]
    [InlineData("[auth]\ntoken = 'a'\nToken = 'b'\nTRANSITIONING = true")]
    [InlineData("[Auth]\ntoken = 'a'\n[auth]\nTransitioning = true\n[AUTH]\ntoken = 'b'")]
    [InlineData("AUTH.token = 'a'\n[auth]\ntransitioning = true\ntoken = 'b'")]
    [InlineData("auth = { token = 'a', Transitioning = true }\nAuth = { TOKEN = 'b' }")]
    public void Of_two_spellings_of_a_key_the_last_wins_and_two_of_a_section_add_up(string toml)
    {
        var root = TomlDocument.Read(toml);

        Assert.Equal("b", Value(root, "auth", "token"));
        Assert.Equal(true, Value(root, "auth", "transitioning"));
    }

    [Fact]
    public void Another_spelling_of_a_list_begins_it_anew_and_its_sections_are_found()
    {
        var list = (ConfigurationList)Value(TomlDocument.Read("[[vs]]\nname = 'a'\n[[VS]]\nname = 'b'\n[[vs]]\nname = 'c'\n[[Vs.node]]\nx = 1"), "vs");

        Assert.Equal(["b", "c"], list.Items.Select(static item => Value((ConfigurationTable)item.Value, "name")));
        Assert.IsType<ConfigurationList>(Value(list.Last!, "node"));
    }

    [Fact]
    public void What_toml_has_allowed_since_is_read_too()
    {
        var root = TomlDocument.Read("x = {\n a = 1, # one\n b = \"\\e\\x41\",\n}");

        Assert.Equal(1L, Value(root, "x", "a"));
        Assert.Equal("\u001bA", Value(root, "x", "b"));
    }

    [Fact]
    public void Tables_arrays_of_tables_and_dotted_keys_build_one_tree()
    {
        var root = TomlDocument.Read("""
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
        var products = Assert.IsType<ConfigurationList>(Value(root, "product")).Items;
        Assert.Equal(2, products.Count);
        Assert.Equal(2L, Value((ConfigurationTable)products[0].Value, "details", "weight"));
        Assert.Equal(2, Assert.IsType<ConfigurationList>(Value((ConfigurationTable)products[0].Value, "variant")).Items.Count);
        Assert.Equal("nail", Value((ConfigurationTable)products[1].Value, "name"));
        Assert.Equal(1L, Value(root, "a", "b", "c", "x"));
        Assert.Equal(2L, Value(root, "a", "y"));
    }

    [Fact]
    public void Arrays_span_lines_with_comments_and_a_trailing_comma_and_mix_kinds()
    {
        var array = Assert.IsType<ConfigurationList>(Value(TomlDocument.Read("x = [ # first\n 1, \"two\",\n [3.0, []], { four = 4, five.six = 6 },\n # last\n]"), "x")).Items;

        Assert.Equal([1L, "two"], array.Take(2).Select(item => item.Value));
        Assert.Equal(2, Assert.IsType<ConfigurationList>(array[2].Value).Items.Count);
        Assert.Equal(6L, Value((ConfigurationTable)array[3].Value, "five", "six"));
        Assert.Equal(new ConfigurationPlace(3, 2), array[2].Place);
    }

    [Fact]
    public void Nesting_without_end_is_refused_before_the_stack_is_used_up()
    {
        var error = Assert.Throws<ConfigurationException>(() => TomlDocument.Read("x = " + new string('[', 100_000)));

        Assert.Contains("maximum depth of 64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_no_trouble() =>
        Assert.Equal(2L, Value(TomlDocument.Read("\uFEFF[a]\r\nx = 1 # c\r\n\r\ny = 2\r\n"), "a", "y"));

    private static object Value(ConfigurationTable table, params string[] path)
    {
        object value = table;
        foreach (var key in path)
        {
            Assert.True(((ConfigurationTable)value).TryGet(key, out var found), $"no key {key}");
            value = found.Value;
        }

        return value;
    }
}
