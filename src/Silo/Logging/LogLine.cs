using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Logging;

/// <summary>One line of the log as fields: <c>time</c>, <c>level</c>, <c>msg</c>, then what the entry and its scopes carry, in snake case.</summary>
internal static class LogLine
{
    /// <summary>Most fields of a line beside the fixed ones.</summary>
    public const int FieldsMax = 64;

    // Names of fields stand in code, so there are as many as the program has.
    private static readonly ConcurrentDictionary<string, string> s_names = new(StringComparer.Ordinal);

    /// <summary>The fields of an entry, in a list that the thread's next entry uses again.</summary>
    public static List<KeyValuePair<string, object?>> FieldsOf<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, DateTimeOffset now)
    {
        var (fields, seen) = LogScratch.OfThread.Cleared();
        AddFixed("time", now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        AddFixed("level", LogLevels.NameOf(entry.LogLevel));
        AddFixed("msg", entry.Formatter(entry.State, entry.Exception));
        AddFixed("component", entry.Category);
        Add(entry.State);
        scopes?.ForEachScope(static (scope, add) => add(scope), (Action<object?>)Add);
        if (entry.Exception is not null)
            fields.Add(new("error", entry.Exception.ToString()));
        return fields;

        void AddFixed(string key, string value)
        {
            fields.Add(new(key, value));
            seen.Add(key);
        }

        void Add(object? source)
        {
            if (source is not IEnumerable<KeyValuePair<string, object?>> values)
                return;
            foreach (var (key, value) in values)
            {
                var name = SnakeCase(key);
                if (name != "{original_format}" && fields.Count < FieldsMax && seen.Add(name))
                    fields.Add(new(name, value));
            }
        }
    }

    public static string Text(List<KeyValuePair<string, object?>> fields) =>
        string.Join(' ', fields.SelectMany(Flat).Select(field => $"{field.Key}={Quote(field.Value switch
        {
            string text => text,
            IEnumerable<string> list => string.Join(',', list),
            var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? string.Empty,
        })}"));

    // A group has no form of its own in text: its fields carry its name.
    private static IEnumerable<KeyValuePair<string, object?>> Flat(KeyValuePair<string, object?> field) =>
        field.Value is IReadOnlyDictionary<string, object?> group ? group.Select(inner => KeyValuePair.Create($"{field.Key}.{inner.Key}", inner.Value)) : [field];

    public static string Json(List<KeyValuePair<string, object?>> fields)
    {
        var (bytes, json) = LogScratch.OfThread.ClearedJson();
        json.WriteStartObject();
        foreach (var (key, value) in fields)
        {
            json.WritePropertyName(key);
            Write(json, value);
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long or uint or short or byte:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case IReadOnlyDictionary<string, object?> group:
                json.WriteStartObject();
                foreach (var (key, inner) in group)
                {
                    json.WritePropertyName(key);
                    Write(json, inner);
                }

                json.WriteEndObject();
                break;
            case IEnumerable<string> list:
                json.WriteStartArray();
                foreach (var item in list)
                    json.WriteStringValue(item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string Quote(string value) =>
        value.Length > 0 && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '/' or ':' or '@' or '+')
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    private static string SnakeCase(string name) => s_names.GetOrAdd(name, static given => ToSnakeCase(given));

    // A name with a dot was chosen for the log as it stands.
    private static string ToSnakeCase(string name)
    {
        if (name.Contains('.', StringComparison.Ordinal))
            return name;
        var text = new StringBuilder(name.Length + 4);
        foreach (var character in name)
        {
            if (char.IsAsciiLetterUpper(character) && text.Length > 0 && text[^1] is not ('_' or '{' or '.'))
                text.Append('_');
            text.Append(char.ToLowerInvariant(character));
        }

        return text.ToString();
    }
}
