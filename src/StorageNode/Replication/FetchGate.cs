using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Wire.GitHttp;

namespace Praefect.StorageNode.Replication;

/// <summary>
/// A loopback address through which this node's own git processes fetch from other nodes. Each replication has a path of its own that
/// cannot be guessed, valid while it runs, for fetching only.
/// </summary>
public sealed class FetchGate
{
    private readonly ConcurrentDictionary<string, GitHttpTarget> _targets = new(StringComparer.Ordinal);
    private readonly GitHttpBridge _bridge;

    /// <summary>Nothing can be fetched yet.</summary>
    public FetchGate(ILogger<GitHttpBridge> logger) => _bridge = new GitHttpBridge(FindAsync, logger);

    /// <summary>The port, known once the node listens.</summary>
    public int Port { get; set; }

    /// <summary>Opens a path to <paramref name="target"/> until the result is disposed.</summary>
    public FetchPath Open(GitHttpTarget target)
    {
        var secret = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _targets[secret] = target;
        return new FetchPath(new Uri($"http://127.0.0.1:{Port}/{secret}"), () => _targets.TryRemove(secret, out _));
    }

    /// <summary>Answers a request of a git process.</summary>
    public Task HandleAsync(HttpContext context) => _bridge.HandleAsync(context);

    private ValueTask<GitHttpTarget?> FindAsync(HttpContext context, GitHttpRequest request) =>
        ValueTask.FromResult(request.Service == GitService.UploadPack ? _targets.GetValueOrDefault(request.RepositoryPath) : null);
}

/// <summary>An open path; disposing closes it.</summary>
public sealed class FetchPath(Uri url, Action close) : IDisposable
{
    /// <summary>What git fetches from.</summary>
    public Uri Url { get; } = url;

    /// <inheritdoc/>
    public void Dispose() => close();
}
