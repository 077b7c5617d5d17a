using System.Globalization;
using System.Text.RegularExpressions;

namespace Praefect.Gateway.Intercepted;

/// <summary>Paths of object pools.</summary>
internal static partial class PoolPaths
{
    /// <summary>The path ends as clients name pools: <c>@pools/xx/yy/</c> and 64 lower-case hexadecimal digits that begin with xxyy.</summary>
    public static bool IsClientPool(string relativePath) => ClientPool().IsMatch(relativePath);

    /// <summary>Whether the path ends as replicas of pools do, <c>@cluster/pools/xx/yy/ID</c>, and the id then.</summary>
    public static bool TryReadPoolId(string replicaPath, out long id)
    {
        id = 0;
        return ReplicaPool().IsMatch(replicaPath)
            && long.TryParse(replicaPath.AsSpan(replicaPath.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }

    [GeneratedRegex(@"@pools/(?<a>[0-9a-f]{2})/(?<b>[0-9a-f]{2})/\k<a>\k<b>[0-9a-f]{60}\.git\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ClientPool();

    [GeneratedRegex(@"@cluster/pools/[0-9a-f]{2}/[0-9a-f]{2}/[0-9]+\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReplicaPool();
}
