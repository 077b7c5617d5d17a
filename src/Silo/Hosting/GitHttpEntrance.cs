using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Gateway;
using Praefect.Gateway.Front;
using Praefect.Wire.GitHttp;

namespace Praefect.Silo.Hosting;

/// <summary>Git over HTTP: the gateway's front decides who may pass and which repository is meant, the bridge speaks Git's protocol.</summary>
internal sealed class GitHttpEntrance : IAsyncDisposable
{
    private readonly GitHttpFront _front;
    private readonly RequestDelegate _handle;

    public GitHttpEntrance(GatewayOptions options, Listeners listeners, TimeProvider time, ILoggerFactory loggers)
    {
        _front = new GitHttpFront(options, listeners.OwnAddress, time, loggers);
        _handle = _front.Guard(new GitHttpBridge(LocateAsync, loggers.CreateLogger<GitHttpBridge>()).HandleAsync);
    }

    public Task HandleAsync(HttpContext context) => _handle(context);

    public ValueTask DisposeAsync() => _front.DisposeAsync();

    private async ValueTask<GitHttpTarget?> LocateAsync(HttpContext context, GitHttpRequest request)
    {
        if (GitHttpFront.Locate(request.RepositoryPath) is not { } repository)
            return null;
        if (request is { Service: GitService.ReceivePack, Discovery: true })
            await _front.PrepareForPushAsync(repository, context.RequestAborted);
        return new GitHttpTarget(_front.Channel, _front.MultiplexedChannel, _front.Sidechannels, repository);
    }
}
