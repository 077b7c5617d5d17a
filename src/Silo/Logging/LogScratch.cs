using System.Buffers;
using System.Text.Json;

namespace Praefect.Silo.Logging;

/// <summary>What a thread makes its log lines in, kept for the next one: a call is logged by one line, so this is on every call's way.</summary>
internal sealed class LogScratch
{
    /// <summary>A line that needed more gives its memory back.</summary>
    private const int KeptBytes = 64 * 1024;

    [ThreadStatic]
    private static LogScratch? t_own;

    [ThreadStatic]
    private static Utf8JsonWriter? t_json;

    private readonly List<KeyValuePair<string, object?>> _fields = new(LogLine.FieldsMax);
    private readonly HashSet<string> _seen = new(LogLine.FieldsMax, StringComparer.Ordinal);
    private ArrayBufferWriter<byte> _bytes = new(4096);

    public static LogScratch OfThread => t_own ??= new LogScratch();

    public (List<KeyValuePair<string, object?>> Fields, HashSet<string> Seen) Cleared()
    {
        _fields.Clear();
        _seen.Clear();
        return (_fields, _seen);
    }

    public (ArrayBufferWriter<byte> Bytes, Utf8JsonWriter Json) ClearedJson()
    {
        if (_bytes.Capacity > KeptBytes)
            _bytes = new ArrayBufferWriter<byte>(4096);
        _bytes.ResetWrittenCount();
        if (t_json is null)
            t_json = new Utf8JsonWriter(_bytes);
        else
            t_json.Reset(_bytes);
        return (_bytes, t_json);
    }
}
