namespace Praefect.StorageNode.Storages;

/// <summary>Finds all repositories of a storage. Symbolic links are not followed and the node's own folders are left out.</summary>
public static class RepositoryWalk
{
    /// <summary>Deepest folder that is looked into.</summary>
    public const int MaxDepth = 32;

    /// <summary>Yields the repositories in the order of their paths (by bytes of each segment). A folder that vanishes meanwhile is no error.</summary>
    public static IEnumerable<RepositoryFolder> Walk(StorageFolder storage, CancellationToken cancellationToken)
    {
        var pending = new Stack<(string Path, int Depth)>();
        pending.Push((storage.FullPath, 0));
        while (pending.TryPop(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var relative = Path.GetRelativePath(storage.FullPath, next.Path);
            var candidate = new RepositoryFolder(storage, relative, next.Path);
            if (next.Depth > 0 && candidate.Exists)
            {
                yield return candidate;
            }
            else if (next.Depth < MaxDepth)
            {
                foreach (var child in Children(next.Path))
                {
                    pending.Push((child, next.Depth + 1));
                }
            }
        }
    }

    /// <summary>Whether any repository lies somewhere under <paramref name="folder"/>, itself not counted.</summary>
    public static bool ContainsAny(RepositoryFolder folder)
    {
        var pending = new Stack<(string Path, int Depth)>(Children(folder.FullPath).Select(child => (child, 1)));
        while (pending.TryPop(out var next))
        {
            if ((folder with { FullPath = next.Path }).Exists)
            {
                return true;
            }

            foreach (var child in next.Depth < MaxDepth ? Children(next.Path) : [])
            {
                pending.Push((child, next.Depth + 1));
            }
        }

        return false;
    }

    private static IEnumerable<string> Children(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).GetDirectories()
                .Where(child => child.LinkTarget is null && child.Name[0] != RelativePath.ReservedPrefix)
                .Select(child => child.FullName)
                .OrderDescending(StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
