using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Packs;

/// <summary>
/// The <c>git_config_options</c> of a request. Only those that limit or describe the transfer pass: other settings of git name programs to run.
/// </summary>
public static class GitConfigOptions
{
    private static readonly HashSet<string> Allowed = new(StringComparer.OrdinalIgnoreCase)
    {
        "receive.maxInputSize", "receive.fsckObjects", "receive.unpackLimit", "receive.denyDeletes", "receive.denyNonFastForwards",
        "receive.advertiseAtomic", "receive.advertisePushOptions", "receive.shallowUpdate", "receive.denyCurrentBranch", "receive.denyDeleteCurrent",
        "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "uploadpack.hideRefs", "receive.hideRefs", "transfer.hideRefs",
        "uploadpackfilter.allow", "pack.threads", "pack.windowMemory",
    };

    /// <summary>Reads <c>key=value</c> texts.</summary>
    /// <exception cref="GrpcException">InvalidArgument: not of that form, or not allowed.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(IEnumerable<string> options)
    {
        var parsed = new List<KeyValuePair<string, string>>();
        foreach (var option in options)
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? option : option[..equals];
            if (equals < 0 || !Allowed.Contains(key) || option.Any(char.IsControl))
            {
                throw new GrpcException(GrpcStatusCode.InvalidArgument, $"git config option \"{key.ReplaceLineEndings(" ")}\" is not allowed");
            }

            parsed.Add(new(key, option[(equals + 1)..]));
        }

        return parsed;
    }

    /// <summary>Checks the <c>git_protocol</c> of a request.</summary>
    /// <exception cref="GrpcException">InvalidArgument.</exception>
    public static string CheckProtocol(string protocol) =>
        protocol.Length <= 256 && !protocol.Any(char.IsControl) ? protocol : throw new GrpcException(GrpcStatusCode.InvalidArgument, "invalid git_protocol");
}
