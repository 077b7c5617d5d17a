using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Praefect.Wire.Grpc;

/// <summary>Reads status and metadata from HTTP response headers and trailers, raw.</summary>
internal static class GrpcResponseHead
{
    /// <summary>Why the response is not one to a gRPC call; null: it is one.</summary>
    public static GrpcException? Refusal(HttpResponseMessage response)
    {
        var type = Raw(response.Content.Headers, "content-type");
        if (GrpcHeaders.IsGrpcContentType(type) && (response.StatusCode == HttpStatusCode.OK || Raw(response.Headers, GrpcHeaders.Status) is not null))
        {
            return null;
        }

        var code = GrpcFailures.FromHttpStatus((int)response.StatusCode);
        var text = string.Create(CultureInfo.InvariantCulture, $"unexpected answer: http status {(int)response.StatusCode}, content-type \"{type ?? "none"}\"");
        return new GrpcException(code, text) { Broken = true };
    }

    /// <summary>The status in a header block; null: it has none.</summary>
    public static GrpcStatus? Status(HttpHeaders headers)
    {
        if (Raw(headers, GrpcHeaders.Status) is not { } text)
        {
            return null;
        }

        // A code that this version of the protocol does not know is Unknown, the text says which it was.
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code > (int)GrpcStatusCode.Unauthenticated)
        {
            return new GrpcStatus(GrpcStatusCode.Unknown, $"unknown grpc-status \"{text}\"");
        }

        var message = GrpcMessageText.Decode(Raw(headers, GrpcHeaders.Message) ?? "");
        if (code == 0 && message.Length == 0)
        {
            return GrpcStatus.Ok;
        }

        var details = Raw(headers, GrpcHeaders.StatusDetails) is { } base64 && GrpcBase64.TryDecode(base64, out var bytes) ? bytes : default(ReadOnlyMemory<byte>);
        return new GrpcStatus((GrpcStatusCode)code, message) { Details = details };
    }

    /// <summary>The application's part of a header block, values as they came.</summary>
    public static GrpcMetadata Metadata(HttpHeaders headers)
    {
        var metadata = new GrpcMetadata();
        foreach (var (key, values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(key))
            {
                continue;
            }

            foreach (var value in values)
            {
                metadata.Add(key, value);
            }
        }

        return metadata;
    }

    /// <summary>The first raw value of a header.</summary>
    public static string? Raw(HttpHeaders headers, string key)
    {
        if (headers.NonValidated.TryGetValues(key, out var values))
        {
            foreach (var value in values)
            {
                return value;
            }
        }

        return null;
    }
}
