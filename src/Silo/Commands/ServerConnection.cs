using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Commands;

/// <summary>Calls to the running praefect that the configuration describes: over its socket, else its plain port, else its TLS port, with its token.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private readonly NodeConnection _connection;

    private ServerConnection(NodeConnection connection) => _connection = connection;

    /// <summary>Where it is called.</summary>
    public string Address => _connection.Options.Address.Text;

    /// <summary>Prepares the connection; it is made by the first call.</summary>
    /// <exception cref="CommandException">The configuration has no address that can be called.</exception>
    public static ServerConnection To(CommandRun run)
    {
        var options = run.Options;
        var settings = new NodeConnectionSettings
        {
            ValidateCertificate = (_, presented, _, errors) => errors == SslPolicyErrors.None || IsOwn(presented, options.Tls.CertificatePath),
        };
        return new ServerConnection(new NodeConnection(
            new NodeOptions("praefect", "praefect", NodeAddress.Parse(AddressOf(options)), options.Auth.Token),
            new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), run.Time, NullLoggerFactory.Instance, settings));
    }

    /// <summary>One request, one response.</summary>
    /// <exception cref="CommandException">No praefect answers.</exception>
    /// <exception cref="GrpcException">It answered with an error.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            return await _connection.Channel.UnaryAsync(path, request, parser, options: null, cancellationToken);
        }
        catch (GrpcException e) when (e.Broken)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>One request, many responses.</summary>
    /// <exception cref="CommandException">No praefect answers.</exception>
    /// <exception cref="GrpcException">It answered with an error.</exception>
    public async Task StreamAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, Func<TResponse, Task> each, CancellationToken cancellationToken)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            await foreach (var response in _connection.Channel.ServerStreamAsync(path, request, parser, cancellationToken))
                await each(response);
        }
        catch (GrpcException e) when (e.Broken)
        {
            throw Unreachable(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string AddressOf(PraefectOptions options)
    {
        if (options.SocketPath.Length > 0)
            return $"unix:{ListenEndpoint.SocketPath(options.SocketPath)}";
        var (text, scheme) = options.ListenAddress.Length > 0 ? (options.ListenAddress, "tcp") : (options.TlsListenAddress, "tls");
        if (!ListenEndpoint.TryParse(text, scheme, out var endpoint) || endpoint.Port == 0)
            throw new CommandException($"the running praefect cannot be called at \"{text}\": the configuration gives no port");
        var any = endpoint.Host is "" or "0.0.0.0" or "::";
        return $"{scheme}://{(any ? endpoint with { Host = "localhost" } : endpoint)}";
    }

    // The certificate is known to whoever reads the configuration, whatever authority signed it and whatever name it has.
    private static bool IsOwn(X509Certificate? presented, string path)
    {
        if (presented is null || path.Length == 0 || !File.Exists(path))
            return false;
        using var own = X509CertificateLoader.LoadCertificateFromFile(path);
        return own.RawDataMemory.Span.SequenceEqual(presented.GetRawCertData());
    }

    private CommandException Unreachable(GrpcException e) => new(
        $"praefect does not answer at {Address}: {e.Status.Message}. This command asks a running praefect: start it with this configuration, or give the configuration of one that runs.", e);
}
