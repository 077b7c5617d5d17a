namespace Praefect.StorageNode.Hooks;

/// <summary>Where a reference transaction of git stands when its hook runs.</summary>
public enum HookState
{
    /// <summary>Nothing is locked yet; announced by git 2.54 and newer.</summary>
    Preparing,

    /// <summary>References are locked; the hook may still refuse.</summary>
    Prepared,

    /// <summary>The references have changed.</summary>
    Committed,

    /// <summary>The transaction was rolled back.</summary>
    Aborted,
}
