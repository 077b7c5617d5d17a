using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Storages;

/// <summary>
/// Which relative paths of repositories are accepted: segments joined by single slashes, none of which could leave the storage folder,
/// look like an option, or reach the node's own folder.
/// </summary>
public static class RelativePath
{
    /// <summary>Longest path in characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>Segments that begin so belong to the server, never to a repository.</summary>
    public const char ReservedPrefix = '+';

    /// <summary>Checks <paramref name="path"/>.</summary>
    /// <exception cref="GrpcException">InvalidArgument with the reason.</exception>
    public static void Check(string path)
    {
        if (Fault(path) is { } fault)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, fault);
        }
    }

    /// <summary>Why <paramref name="path"/> is refused, or null.</summary>
    public static string? Fault(string path)
    {
        if (path.Length == 0)
        {
            return "relative path is not set";
        }

        if (path.Length > MaxLength)
        {
            return $"relative path is longer than {MaxLength} characters";
        }

        if (path.Any(char.IsControl) || path.Contains('\\', StringComparison.Ordinal))
        {
            return "relative path contains control characters or backslashes";
        }

        foreach (var segment in path.Split('/'))
        {
            if (segment is "..")
            {
                return "relative path escapes root directory";
            }

            if (segment is "" or ".")
            {
                return path[0] == '/' ? "relative path is absolute" : "relative path has an empty segment";
            }

            if (segment[0] is '-' or ReservedPrefix)
            {
                return $"relative path has a segment that begins with '{segment[0]}'";
            }
        }

        return null;
    }
}
