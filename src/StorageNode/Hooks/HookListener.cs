using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Praefect.StorageNode.Git;

namespace Praefect.StorageNode.Hooks;

/// <summary>
/// The loopback port to which the hooks of this node's git processes connect. A process proves by a secret, which only it and this
/// object know, which call it belongs to.
/// </summary>
public sealed partial class HookListener : IAsyncDisposable
{
    private const int MaxConnections = 4096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, IHookHandler> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly SemaphoreSlim _room = new(MaxConnections, MaxConnections);
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger;
    private readonly Task _accepting;

    /// <summary>Starts listening on a free port.</summary>
    public HookListener(ILogger<HookListener> logger)
    {
        _logger = logger;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Lets one git process call <paramref name="handler"/> until the result is disposed.</summary>
    public HookRegistration Register(string hooksFolder, IHookHandler handler)
    {
        var secret = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _handlers[secret] = handler;
        return new HookRegistration(new HookAccess(hooksFolder, Port, secret), () => _handlers.TryRemove(secret, out _));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _room.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                var serving = ServeAsync(socket);
                _connections[serving] = true;
                _ = serving.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // One connection broke before it was accepted (or the listener was stopped, which ends the loop).
                LogAcceptFailed(exception);
                _room.Release();
            }
        }

        void Forget(Task serving)
        {
            _connections.TryRemove(serving, out _);
            _room.Release();
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var answer = await AnswerAsync(PipeReader.Create(stream), _stop.Token);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\n"), _stop.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The git process is gone, or the node stops: either way nobody waits for an answer.
            LogConnectionLost(exception);
        }
    }

    private async Task<string> AnswerAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        if (await HookRequest.ReadAsync(reader, cancellationToken) is not { } request)
        {
            return "the hook's request was cut off, too long or not of its form";
        }

        if (!_handlers.TryGetValue(request.Secret, out var handler))
        {
            return "unknown hook";
        }

        if (!Enum.TryParse<HookState>(request.State, ignoreCase: true, out var state))
        {
            return $"unknown state of a reference transaction: {request.State}";
        }

        // The hook says nothing more: reading ends when git is killed, and then the vote must not go on in its name.
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(reader, gone);
        try
        {
            return await handler.HandleAsync(state, request.Updates, gone.Token) ?? "ok";
        }
        finally
        {
            await gone.CancelAsync();
            await watching;
        }
    }

    private static async Task WatchAsync(PipeReader reader, CancellationTokenSource gone)
    {
        try
        {
            await reader.ReadAsync(gone.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Cancelled: answered. Broken: the same as its end.
        }

        await gone.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "accepting a hook's connection failed")]
    private partial void LogAcceptFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "a hook's connection was lost")]
    private partial void LogConnectionLost(Exception exception);
}
