using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Tells Kestrel that HTTP/2 was agreed on. Over TLS it wants that from ALPN, which balancers strip and Gitaly's own clients may omit;
/// on these ports nothing else is spoken.
/// </summary>
internal sealed class AssumedHttp2 : ITlsApplicationProtocolFeature
{
    private static readonly AssumedHttp2 s_instance = new();

    public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

    public static void Set(IFeatureCollection features) => features.Set<ITlsApplicationProtocolFeature>(s_instance);
}
