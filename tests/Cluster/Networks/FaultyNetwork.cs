using System.Collections.Concurrent;
using Praefect.Trial.Processes;

namespace Praefect.Cluster.Networks;

/// <summary>
/// The ways between the processes of a cluster, each of which can be cut, broken or slowed down. Every port that others connect to is behind a proxy; who connects
/// is found by the process that has the other end, since addresses through which Orleans' silos meet are the same for all of them.
/// </summary>
internal sealed class FaultyNetwork(TimeProvider time) : IAsyncDisposable
{
    /// <summary>Name of everybody else, as the programs that put load on the cluster.</summary>
    public const string Outside = "outside";

    private readonly ConcurrentDictionary<string, ManagedProcess> _processes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string One, string Other), Link> _links = new();
    private readonly ConcurrentBag<FaultProxy> _proxies = [];

    /// <summary>Whether connections can be told apart on this system.</summary>
    public static bool Possible => OperatingSystem.IsLinux();

    /// <summary>Things that waited, came late or broke on all links.</summary>
    public long Held => _links.Values.Sum(static link => link.Held);

    /// <summary>Tells whose connections are a process's.</summary>
    public void Know(string name, ManagedProcess process) => _processes[name] = process;

    /// <summary>Puts a proxy in front of a port of a process.</summary>
    /// <returns>The proxy's port.</returns>
    public int Guard(string name, int target)
    {
        var proxy = new FaultProxy(target, (client, port) => Between(OwnerOf(client, port), name), time);
        _proxies.Add(proxy);
        return proxy.Port;
    }

    /// <summary>Changes the links between a process and others.</summary>
    public void Set(LinkMode mode, string name, params IEnumerable<string> others)
    {
        foreach (var other in others)
            Between(name, other).Set(mode);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        foreach (var link in _links.Values)
            link.Dispose();
    }

    private Link Between(string one, string other) =>
        _links.GetOrAdd(string.CompareOrdinal(one, other) < 0 ? (one, other) : (other, one), static _ => new Link());

    private string OwnerOf(int clientPort, int proxyPort)
    {
        if (ConnectionOwner.Socket(clientPort, proxyPort) is not { } socket)
            return Outside;
        return _processes.FirstOrDefault(known => ProcessId(known.Value) is { } id && ConnectionOwner.Owns(id, socket)).Key ?? Outside;
    }

    // Another thread may be starting the process anew.
    private static int? ProcessId(ManagedProcess process)
    {
        try
        {
            return process.Running ? process.Id : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
