using System.Globalization;
using System.Text.RegularExpressions;

namespace Praefect.Grains.Assignment;

/// <summary>Ids that replica paths on disks show to have been handed out by somebody.</summary>
internal static partial class TakenIds
{
    /// <summary>The id that a replica path of the form <c>@cluster/kind/aa/bb/id</c> was made from; 0 for any other path.</summary>
    public static long Of(string replicaPath)
    {
        var match = ClusterPath().Match(replicaPath);
        return match.Success && long.TryParse(match.Groups["id"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
    }

    [GeneratedRegex(@"\A@cluster/(repositories|pools)/[0-9a-f]{2}/[0-9a-f]{2}/(?<id>[0-9]+)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ClusterPath();
}
