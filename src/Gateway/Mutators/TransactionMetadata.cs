using System.Text.Json;

namespace Praefect.Gateway.Mutators;

/// <summary>The metadata that makes a call part of a transaction: base64 of <c>{"id":…,"node":…,"primary":…}</c>.</summary>
internal static class TransactionMetadata
{
    public static string Create(ulong id, string node, bool primary)
    {
        using var buffer = new MemoryStream(64);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("node", node);
            json.WriteBoolean("primary", primary);
            json.WriteEndObject();
        }

        return Convert.ToBase64String(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
