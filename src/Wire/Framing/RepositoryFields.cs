namespace Praefect.Wire.Framing;

/// <summary>What routing reads of a repository in a request.</summary>
/// <param name="Present">The repository is set. Not set is not the same as set and empty.</param>
/// <param name="StorageName">Its storage name; empty if unset.</param>
/// <param name="RelativePath">Its relative path; empty if unset.</param>
public readonly record struct RepositoryFields(bool Present, string StorageName, string RelativePath)
{
    /// <summary>No repository.</summary>
    public static RepositoryFields None { get; } = new(false, "", "");
}
