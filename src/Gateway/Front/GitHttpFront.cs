using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Gateway.Front;

/// <summary>
/// Git over HTTP's way into the gateway. It is a client of the gateway's own gRPC port like any other, so people's clones and pushes take the same
/// routes, votes and replicas as GitLab's.
/// </summary>
public sealed class GitHttpFront : IAsyncDisposable
{
    private const string Challenge = "Basic realm=\"git\", charset=\"UTF-8\"";

    private readonly GitHttpFrontOptions _options;
    private readonly Lazy<NodeConnection> _gateway;

    /// <summary>Prepares the front; nothing is dialled before the first request.</summary>
    /// <param name="options">The gateway's options, this front's among them. The first of the gateway's tokens is used to call it.</param>
    /// <param name="gateway">The address of the gateway's own gRPC port, asked for at the first request, when the port is bound.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For the connection.</param>
    public GitHttpFront(GatewayOptions options, Func<NodeAddress> gateway, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.GitHttp;
        _gateway = new Lazy<NodeConnection>(() => new NodeConnection(
            new NodeOptions("gateway", "front", gateway(), options.Tokens.Count > 0 ? options.Tokens[0] : string.Empty),
            Sidechannels, NoBackchannelAcceptor.Instance, new YamuxOptions(), time, loggers));
    }

    /// <summary>Plain calls to the gateway.</summary>
    public GrpcChannel Channel => _gateway.Value.Channel;

    /// <summary>Calls whose sidechannels end in <see cref="Sidechannels"/>.</summary>
    public GrpcChannel MultiplexedChannel => _gateway.Value.MultiplexedChannel;

    /// <summary>Sidechannels of fetches.</summary>
    public SidechannelRegistry Sidechannels { get; } = new();

    /// <summary>Puts token and path prefix in front of <paramref name="git"/>: who may not pass gets 401, what lies elsewhere 404.</summary>
    public RequestDelegate Guard(RequestDelegate git) => async http =>
    {
        if (!_options.Enabled || !http.Request.Path.StartsWithSegments(_options.PathPrefix, StringComparison.Ordinal, out var rest))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!IsAllowed(http.Request.Headers.Authorization))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate = Challenge;
            return;
        }

        http.Request.Path = rest;
        await git(http);
    };

    /// <summary>
    /// The repository that a URL names: <c>VIRTUAL-STORAGE/RELATIVE-PATH</c>, where <c>.git</c> at the end may be left out. Null when it names none.
    /// Not checked for existence; what does not exist is told by the call that follows.
    /// </summary>
    public static Repository? Locate(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        path = path.Trim('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 1 || slash == path.Length - 1 || path.Split('/').Any(p => p is "" or "." or ".."))
            return null;
        var relative = path[(slash + 1)..];
        return new Repository
        {
            StorageName = path[..slash],
            RelativePath = relative.EndsWith(".git", StringComparison.Ordinal) ? relative : relative + ".git",
        };
    }

    /// <summary>Creates the repository that somebody is about to push to, where that is wanted and it does not exist.</summary>
    /// <exception cref="GrpcException">What the gateway answered.</exception>
    public async Task PrepareForPushAsync(Repository repository, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (!_options.CreateOnPush)
            return;
        var exists = await Channel.UnaryAsync(
            Methods.Repository.RepositoryExists, new RepositoryExistsRequest { Repository = repository }, RepositoryExistsResponse.Parser, null, cancellationToken);
        if (exists.Exists)
            return;
        try
        {
            await Channel.UnaryAsync(
                Methods.Repository.CreateRepository, new CreateRepositoryRequest { Repository = repository }, CreateRepositoryResponse.Parser, null, cancellationToken);
        }
        catch (GrpcException e) when (e.Status.Code == GrpcStatusCode.AlreadyExists)
        {
            // Somebody else's push came first; this one goes to the same repository.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway.IsValueCreated)
            await _gateway.Value.DisposeAsync();
    }

    private bool IsAllowed(string? authorization)
    {
        if (_options.Token is not { } wanted)
            return true;
        var space = authorization?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        if (space < 0)
            return false;
        var given = authorization![(space + 1)..].Trim();
        var scheme = authorization[..space];
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return Password(given) is { } password && Same(password, wanted);
        return scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && Same(given, wanted);
    }

    private static string? Password(string basic)
    {
        var bytes = new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic, bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : text[(colon + 1)..];
    }

    /// <summary>Digests are compared, so that the time taken tells nothing, not even the length.</summary>
    private static bool Same(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(wanted)));
}
