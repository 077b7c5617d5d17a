using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Silo.Logging;

namespace Praefect.Silo.Tests.Logging;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void Text_lines_hold_time_level_message_and_fields_in_snake_case() =>
        Assert.Equal(
            "time=2026-01-02T03:04:05.678Z level=warning msg=\"node \\\"a\\\" is\\ngone\" component=Praefect.Test virtual_storage=default attempts=3",
            LogLine.Text(Fields()));

    [Fact]
    public void Json_lines_are_one_object() =>
        Assert.Equal(
            """{"time":"2026-01-02T03:04:05.678Z","level":"warning","msg":"node \u0022a\u0022 is\ngone","component":"Praefect.Test","virtual_storage":"default","attempts":3}""",
            LogLine.Json(Fields()));

    private static List<KeyValuePair<string, object?>> Fields()
    {
        KeyValuePair<string, object?>[] state = [new("VirtualStorage", "default"), new("Attempts", 3), new("{OriginalFormat}", "x")];
        var entry = new LogEntry<KeyValuePair<string, object?>[]>(LogLevel.Warning, "Praefect.Test", default, state, null, (_, _) => "node \"a\" is\ngone");
        return LogLine.FieldsOf(entry, null, Now);
    }
}
