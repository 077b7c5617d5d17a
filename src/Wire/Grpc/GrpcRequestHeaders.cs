namespace Praefect.Wire.Grpc;

/// <summary>Puts metadata on an HTTP request that a <see cref="SocketsHttpHandler"/> sends.</summary>
public static class GrpcRequestHeaders
{
    /// <summary>Adds metadata, reserved keys left out. The handler joins the values of one key within one header collection by <c>", "</c>, which peers that
    /// do not split values would take for one; so the second value of a key goes with the content's headers and arrives as a header of its own.
    /// From the third on values are joined.</summary>
    public static void Add(HttpRequestMessage request, GrpcMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(metadata);
        foreach (var (key, value) in metadata)
        {
            Add(request, key, value);
        }
    }

    /// <summary>Adds one value, see <see cref="Add(HttpRequestMessage, GrpcMetadata)"/>. <see cref="HttpRequestMessage.Content"/> must be set.</summary>
    public static void Add(HttpRequestMessage request, string key, string value)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (GrpcHeaders.IsReserved(key))
        {
            return;
        }

        if (request.Content is { } content && request.Headers.NonValidated.Contains(key))
        {
            content.Headers.TryAddWithoutValidation(key, value);
        }
        else
        {
            request.Headers.TryAddWithoutValidation(key, value);
        }
    }
}
