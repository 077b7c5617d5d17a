using System.Text.Json;

namespace Praefect.Silo.Configuration;

/// <summary>Lays the JSON of a configuration command over a document: sections are merged, everything else is replaced.</summary>
internal static class ConfigurationJson
{
    /// <exception cref="JsonException">The text is not a JSON object.</exception>
    public static void Overlay(ConfigurationTable table, string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("the top level is not an object");
        Overlay(table, document.RootElement);
    }

    private static void Overlay(ConfigurationTable table, JsonElement json)
    {
        foreach (var property in json.EnumerateObject().Where(static property => property.Value.ValueKind != JsonValueKind.Null))
            table.Set(property.Name, new ConfigurationValue(Convert(property.Value), default));
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
                var items = json.EnumerateArray().Where(static item => item.ValueKind != JsonValueKind.Null);
                return new ConfigurationList { Items = [.. items.Select(static item => new ConfigurationValue(Convert(item), default))] };
            default:
                var table = new ConfigurationTable();
                Overlay(table, json);
                return table;
        }
    }
}
