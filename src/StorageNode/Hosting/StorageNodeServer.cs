using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Hooks;
using Praefect.StorageNode.Objects;
using Praefect.StorageNode.Packs;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Replication;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Processes;
using Praefect.Wire.Yamux;

namespace Praefect.StorageNode.Hosting;

/// <summary>A running storage node.</summary>
public sealed class StorageNodeServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly TimeSpan _drain;

    private StorageNodeServer(WebApplication application, IReadOnlyList<string> addresses, TimeSpan drain)
    {
        _application = application;
        _drain = drain;
        Addresses = addresses;
    }

    /// <summary>Where it listens, in the form that clients dial: <c>tcp://IP:PORT</c>, <c>unix:PATH</c>.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>Opens the storages, cleans up after an earlier run, then listens.</summary>
    /// <exception cref="NodeStartException">Something is wrong with the options, the folders, git or the addresses.</exception>
    public static async Task<StorageNodeServer> StartAsync(
        StorageNodeOptions options, Action<ILoggingBuilder>? logging = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new NodeStartException(string.Join("; ", errors));
        }

        var clock = time ?? TimeProvider.System;
        var git = await GitExecutable.FindAsync(options.GitPath, cancellationToken);
        var limit = new GitProcessLimit(options.MaxGitProcesses);
        var storages = await OpenStoragesAsync(options, new StorageFolderSettings(git, limit, options.Durable, clock), cancellationToken);
        WebApplication? application = null;
        try
        {
            application = Build(options, logging, clock, git, limit, storages);
            application.UseMiddleware<NodeCalls>();
            application.UseGrpcServing(NodeEndpoints.Map, NodeEndpoints.RefuseAsync);
            await ListenAsync(application, options, cancellationToken);
            var addresses = ReadAddresses(application, options);
            return new StorageNodeServer(application, addresses, options.DrainTimeout);
        }
        catch
        {
            if (application is not null)
            {
                await application.DisposeAsync();
            }

            storages.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the process is told to end (SIGTERM, SIGINT) or <paramref name="cancellationToken"/> is cancelled.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => ((IHost)_application).WaitForShutdownAsync(cancellationToken);

    /// <summary>Takes no more calls, lets those under way finish for a bounded time, then ends the rest.</summary>
    public async Task StopAsync()
    {
        using var bound = new CancellationTokenSource(_drain);
        await _application.StopAsync(bound.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _application.DisposeAsync();
    }

    private static async Task<StorageFolders> OpenStoragesAsync(StorageNodeOptions options, StorageFolderSettings settings, CancellationToken cancellationToken)
    {
        var opened = new List<StorageFolder>();
        try
        {
            foreach (var storage in options.Storages)
            {
                opened.Add(await StorageFolder.OpenAsync(storage.Name, storage.Path, settings, cancellationToken));
            }

            return new StorageFolders(opened);
        }
        catch
        {
            opened.ForEach(folder => folder.Dispose());
            throw;
        }
    }

    private static WebApplication Build(
        StorageNodeOptions options, Action<ILoggingBuilder>? logging, TimeProvider time, GitExecutable git, GitProcessLimit limit, StorageFolders storages)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, options, time));
        logging?.Invoke(builder.Logging);
        builder.Services.AddSingleton(time).AddSingleton(git);

        // Made by factories so that the container, which ends last, disposes of them after the last call.
        builder.Services.AddSingleton(_ => limit).AddSingleton(_ => storages);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout);
        builder.Services.AddSingleton(options);
        AddHandlers(builder.Services);
        NodeEndpoints.Add(builder.Services);
        return builder.Build();
    }

    private static void AddHandlers(IServiceCollection services) => services
        .AddSingleton<HookListener>().AddSingleton<CallTransactions>().AddSingleton<RepositoryLocks>().AddSingleton<RepositoryCreation>().AddSingleton<HeadUpdate>()
        .AddSingleton<FetchGate>().AddSingleton<ReplicaCopy>().AddSingleton<ReplicateRepositoryHandler>()
        .AddSingleton<CreateRepositoryHandler>().AddSingleton<RemoveRepositoryHandler>().AddSingleton<RepositoryQueries>().AddSingleton<Maintenance>().AddSingleton<BundleHandlers>()
        .AddSingleton<WriteRefHandler>().AddSingleton<UpdateReferencesHandler>().AddSingleton<ReferenceQueries>().AddSingleton<ListRefsHandler>()
        .AddSingleton<FindCommitHandler>().AddSingleton<GetBlobHandler>()
        .AddSingleton<InfoRefsHandler>().AddSingleton<UploadPackHandler>().AddSingleton<ReceivePackHandler>();

    private static void ConfigureKestrel(KestrelServerOptions kestrel, StorageNodeOptions options, TimeProvider time)
    {
        KestrelGrpcLimits.Apply(kestrel);
        foreach (var address in options.Listen)
        {
            kestrel.Listen(ListenAddress.Parse(address), listen => listen.UseBackchannel(YamuxOptions.Accepting, handshakeTimeout: null, time));
        }

        kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set(FetchGateFeature.Instance);
                return next(connection);
            });
        });
    }

    private static async Task ListenAsync(WebApplication application, StorageNodeOptions options, CancellationToken cancellationToken)
    {
        foreach (var path in options.Listen.Where(address => address.StartsWith("unix:", StringComparison.Ordinal)).Select(address => address["unix:".Length..]))
        {
            await RemoveDeadSocketAsync(path, cancellationToken);
        }

        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new NodeStartException($"cannot listen on {string.Join(", ", options.Listen)}: {exception.Message} Stop what uses the address, or choose another --listen (port 0 takes any free port)", exception);
        }
        catch (SocketException exception)
        {
            throw new NodeStartException($"cannot listen on {string.Join(", ", options.Listen)}: {exception.Message}. Choose another --listen", exception);
        }
    }

    private static async Task RemoveDeadSocketAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await UnixSocketFile.ClearAsync(path, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new NodeStartException($"cannot listen on unix:{path}: it {exception.Message}, or choose another --listen", exception);
        }
    }

    private static List<string> ReadAddresses(WebApplication application, StorageNodeOptions options)
    {
        // Kestrel lists its addresses in the order in which they were asked for; the last one is the gate's.
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        application.Services.GetRequiredService<FetchGate>().Port = new Uri(bound[^1]).Port;
        return options.Listen.Select((asked, index) => asked.StartsWith("unix:", StringComparison.Ordinal) ? asked : "tcp://" + new Uri(bound[index]).Authority).ToList();
    }
}
