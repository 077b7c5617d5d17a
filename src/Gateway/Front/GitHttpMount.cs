using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Wire.GitHttp;

namespace Praefect.Gateway.Front;

/// <summary>Mounts the bridge between Git's HTTP and Gitaly's protocol on a listener of its own.</summary>
public static class GitHttpMount
{
    /// <summary>Ends the middleware chain of a listener for people: everything on it is Git over HTTP.</summary>
    public static void UseGitHttpFront(this IApplicationBuilder app, GitHttpFront front, ILogger<GitHttpBridge> logger)
    {
        ArgumentNullException.ThrowIfNull(front);
        var bridge = new GitHttpBridge((http, request) => ResolveAsync(front, http, request), logger);
        app.Run(front.Guard(bridge.HandleAsync));
    }

    private static async ValueTask<GitHttpTarget?> ResolveAsync(GitHttpFront front, HttpContext http, GitHttpRequest request)
    {
        if (GitHttpFront.Locate(request.RepositoryPath) is not { } repository)
            return null;
        if (request is { Service: GitService.ReceivePack, Discovery: true })
            await front.PrepareForPushAsync(repository, http.RequestAborted);
        return new GitHttpTarget(front.Channel, front.MultiplexedChannel, front.Sidechannels, repository);
    }
}
