namespace Praefect.Gateway.Front;

/// <summary>Git over HTTP at the gateway, for people: <c>git clone http://host:port/PREFIX/VIRTUAL-STORAGE/RELATIVE-PATH</c>.</summary>
public sealed record GitHttpFrontOptions
{
    /// <summary>Whether it is served at all.</summary>
    public bool Enabled { get; init; }

    /// <summary>What stands before the virtual storage in the URL: empty, or a path that begins with <c>/</c> and does not end with one.</summary>
    public string PathPrefix { get; init; } = string.Empty;

    /// <summary>What callers must present as bearer token or as password of HTTP Basic (any user name); null: nobody is asked.</summary>
    public string? Token { get; init; }

    /// <summary>A push to a repository that does not exist creates it.</summary>
    public bool CreateOnPush { get; init; }

    /// <summary>What is wrong with these options; empty when nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (PathPrefix.Length > 0 && (!PathPrefix.StartsWith('/') || PathPrefix.EndsWith('/')))
            yield return $"{nameof(GitHttpFrontOptions)}.{nameof(PathPrefix)} (\"{PathPrefix}\") must be empty, or begin with / and not end with /";
        if (Token is { Length: 0 })
            yield return $"{nameof(GitHttpFrontOptions)}.{nameof(Token)} is empty: leave it out to ask nobody for a token";
    }
}
