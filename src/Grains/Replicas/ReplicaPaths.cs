using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Praefect.Grains.Replicas;

/// <summary>Where a new repository lies on the storages. Unique for each creation and never used again, so that leftovers of a failed one can do no harm.</summary>
internal static partial class ReplicaPaths
{
    /// <summary>
    /// <c>@cluster/repositories/aa/bb/id</c>, aa and bb the first bytes of SHA-256 over the decimal id; <c>@cluster/pools/…</c> for object pools, which nodes
    /// recognise by that prefix and must not prune.
    /// </summary>
    public static string For(long repositoryId, string relativePath)
    {
        var id = repositoryId.ToString(CultureInfo.InvariantCulture);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id)));
        return $"@cluster/{(IsPool(relativePath) ? "pools" : "repositories")}/{hash[..2]}/{hash[2..4]}/{id}";
    }

    private static bool IsPool(string relativePath) => RailsPool().IsMatch(relativePath);

    [GeneratedRegex(@"@pools/(?<a>[0-9a-f]{2})/(?<b>[0-9a-f]{2})/(?=\k<a>\k<b>)[0-9a-f]{64}\.git\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RailsPool();
}
