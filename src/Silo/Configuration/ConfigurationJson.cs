using System.Text.Json;
using Praefect.Silo.Configuration.Toml;

namespace Praefect.Silo.Configuration;

/// <summary>Lays the JSON of a configuration command over a document: sections are merged, everything else is replaced.</summary>
internal static class ConfigurationJson
{
    /// <exception cref="JsonException">The text is not a JSON object.</exception>
    public static void Overlay(TomlTable table, string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("the top level is not an object");
        Overlay(table, document.RootElement);
    }

    private static void Overlay(TomlTable table, JsonElement json)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (property.Value.ValueKind == JsonValueKind.Object && table.TryGet(property.Name, out var existing) && existing.Value is TomlTable section)
                Overlay(section, property.Value);
            else
                table.Set(property.Name, new TomlValue(Convert(property.Value), default));
        }
    }

    private static object Convert(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return json.GetString()!;
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Number:
                return json.TryGetInt64(out var number) ? (object)number : json.GetDouble();
            case JsonValueKind.Array:
                var array = new TomlArray();
                foreach (var item in json.EnumerateArray().Where(item => item.ValueKind != JsonValueKind.Null))
                    array.Add(new TomlValue(Convert(item), default));
                return array;
            default:
                var table = new TomlTable { Origin = TomlTableOrigin.Header };
                Overlay(table, json);
                return table;
        }
    }
}
