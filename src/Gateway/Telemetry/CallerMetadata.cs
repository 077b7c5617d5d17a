using Microsoft.AspNetCore.Http;

namespace Praefect.Gateway.Telemetry;

/// <summary>What a client says of itself: counted and logged only where a key has exactly one value.</summary>
internal readonly struct CallerMetadata(IHeaderDictionary headers)
{
    private const string TokenPrefix = "Bearer v2.";

    public string? ClientName => Single("client_name") ?? Single(Metadata.MetadataKeys.ClientName);

    public string? CallSite => Single("call_site");

    /// <summary><c>none</c> where there is no deadline at all.</summary>
    public string? DeadlineType => headers.ContainsKey(Metadata.MetadataKeys.GrpcTimeout) ? Single("deadline_type") : "none";

    public string? RemoteIp => Single("remote_ip");

    public string? UserId => Single("user_id");

    public string? UserName => Single("username");

    /// <summary>Version of the token, whether it was accepted or not.</summary>
    public string? AuthVersion => Single(Metadata.MetadataKeys.Authorization) is { } value && value.StartsWith(TokenPrefix, StringComparison.OrdinalIgnoreCase) ? "v2" : null;

    private string? Single(string key) => headers.TryGetValue(key, out var values) && values is [{ Length: > 0 } only] ? only : null;
}
