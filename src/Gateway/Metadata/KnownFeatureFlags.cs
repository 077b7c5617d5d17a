using System.Collections.Frozen;

namespace Praefect.Gateway.Metadata;

/// <summary>The feature flags that a Gitaly version knows, with their defaults.</summary>
public static class KnownFeatureFlags
{
    /// <summary>Gitaly 16.11.6.</summary>
    public static IReadOnlyDictionary<string, bool> Gitaly1611 { get; } = new Dictionary<string, bool>(StringComparer.Ordinal)
    {
        ["autocrlf_false"] = false,
        ["bundle_uri"] = false,
        ["git_v244"] = false,
        ["gpg_signing"] = false,
        ["log_git_traces"] = false,
        ["mailmap_options"] = true,
        ["return_structured_errors_in_revert"] = false,
        ["use_resizable_semaphore_in_concurrency_limiter"] = true,
        ["use_resizable_semaphore_lifo_strategy"] = false,
        ["use_unified_get_tree_entries"] = false,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
