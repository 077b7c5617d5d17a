using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Praefect.Wire.GitHttp;

/// <summary>What a Git client wants to do.</summary>
public enum GitService
{
    /// <summary>Fetch or clone.</summary>
    UploadPack,

    /// <summary>Push.</summary>
    ReceivePack,
}

/// <summary>A request of Git's smart HTTP protocol.</summary>
/// <param name="RepositoryPath">What stands in front of <c>/info/refs</c> and the like, without slashes at its ends. Not checked.</param>
/// <param name="Service">Fetch or push.</param>
/// <param name="Discovery">True for <c>info/refs</c>, the first request; false for the transfer itself.</param>
public sealed record GitHttpRequest(string RepositoryPath, GitService Service, bool Discovery)
{
    private const string InfoRefs = "/info/refs";
    private const string UploadPack = "/git-upload-pack";
    private const string ReceivePack = "/git-receive-pack";

    /// <summary>Reads method, path and query. False for anything that is not smart HTTP, the older "dumb" protocol included.</summary>
    public static bool TryParse(HttpRequest request, [NotNullWhen(true)] out GitHttpRequest? parsed)
    {
        var path = request.Path.Value ?? "";
        parsed = null;
        if (HttpMethods.IsGet(request.Method) && path.EndsWith(InfoRefs, StringComparison.Ordinal))
        {
            parsed = request.Query["service"].ToString() switch
            {
                "git-upload-pack" => Create(path, InfoRefs, GitService.UploadPack, discovery: true),
                "git-receive-pack" => Create(path, InfoRefs, GitService.ReceivePack, discovery: true),
                _ => null,
            };
        }
        else if (HttpMethods.IsPost(request.Method) && path.EndsWith(UploadPack, StringComparison.Ordinal))
        {
            parsed = Create(path, UploadPack, GitService.UploadPack, discovery: false);
        }
        else if (HttpMethods.IsPost(request.Method) && path.EndsWith(ReceivePack, StringComparison.Ordinal))
        {
            parsed = Create(path, ReceivePack, GitService.ReceivePack, discovery: false);
        }

        return parsed is not null;
    }

    internal string ServiceName => Service == GitService.UploadPack ? "git-upload-pack" : "git-receive-pack";

    private static GitHttpRequest? Create(string path, string end, GitService service, bool discovery)
    {
        var repository = path[..^end.Length].Trim('/');
        return repository.Length == 0 ? null : new GitHttpRequest(repository, service, discovery);
    }
}
