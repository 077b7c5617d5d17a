using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Praefect.Wire.Auth;

/// <summary>
/// How much a caller without a valid token may make the server hold. Header fields are decoded before the token is seen, a byte can stand for kilobytes that
/// came earlier on the connection, and Kestrel keeps some of them for as long as the connection lives: 400 kB of requests came to a gigabyte. So
/// the first such request is the connection's last, and all of it is freed.
/// </summary>
public static class HeadersOfStrangers
{
    /// <summary>Bytes of header fields, names included. Some ten times what Gitaly's clients send, and Kestrel's own default.</summary>
    public const int MostBytes = 32 * 1024;

    /// <summary>Ends the connection of a request with more than that. Whether it did.</summary>
    public static bool EndConnectionIfTooMany(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!TooMany(http.Request.Headers) || http.Features.Get<IConnectionLifetimeFeature>() is not { } connection)
            return false;
        connection.Abort();
        return true;
    }

    private static bool TooMany(IHeaderDictionary headers)
    {
        var bytes = 0;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0);
                if (bytes > MostBytes)
                    return true;
            }
        }

        return false;
    }
}
