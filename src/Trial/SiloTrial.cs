using System.Globalization;
using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Trial;

/// <summary>A cluster of gateway silos to look at: it runs until it is told to stop, and what is killed meanwhile is started again.</summary>
internal sealed class SiloTrial(ClusterFolder folder, SiloClusterPorts ports, string binaries, TimeProvider time)
{
    /// <summary>Gateway silos and storage nodes of a trial.</summary>
    public static readonly SiloClusterSize Size = new(Gateways: 3, Nodes: 3);

    /// <summary>Returns the exit status.</summary>
    /// <exception cref="ProcessFailedException">It did not start.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var cluster = new SiloCluster(folder, ports, binaries, time);
        var start = time.GetTimestamp();
        await cluster.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync(Welcome(cluster, time.GetElapsedTime(start)));
        await Task.WhenAll(cluster.Processes.Select(process => Supervised.KeepAsync(process, Console.Out.WriteLine, time, cancellationToken)));
        await Console.Out.WriteLineAsync("stopping");
        var clean = await cluster.StopAsync();
        await Console.Out.WriteLineAsync(clean ? "stopped" : "stopped; not everything stopped cleanly, see the logs");
        return clean ? 0 : 1;
    }

    private string Welcome(SiloCluster cluster, TimeSpan took)
    {
        var (first, second) = (ports.Gateways[0], ports.Gateways[1]);
        var praefect = $"{DotnetHost.Path} {DotnetHost.AssemblyOf("Praefect.Silo", "praefect")}";
        var processes = string.Join(", ", cluster.Processes.Select(static process => string.Create(CultureInfo.InvariantCulture, $"{process.Spec.Name} {process.Id}")));
        return $"""

            The cluster serves ({SmokeReport.Span(took)} after its start): {Size.Gateways} gateway silos, {Size.Nodes} storage nodes, Postgres.

              put a repository there   git push http://127.0.0.1:{first.Git}/{LocalCluster.VirtualStorage}/hello.git HEAD:refs/heads/main
              through one process,
              get it from another      git clone http://127.0.0.1:{second.Git}/{LocalCluster.VirtualStorage}/hello.git
              can it route?            curl http://127.0.0.1:{first.Metrics}/-/ready
              ask about it             {praefect} -config {cluster.Members[0].Configuration} list-storages
              start one more           {praefect} -config {cluster.OneMore.Configuration}
                                       joins and serves http://127.0.0.1:{cluster.OneMore.Ports.Git}/{LocalCluster.VirtualStorage}; Ctrl-C takes it away again
              data and logs            {folder.Path}, {folder.Logs}
              processes                {processes}

            Kill any of these (kill -9): the others go on, and it is started again. Ctrl-C stops everything; started again it has all that was pushed.
            """;
    }
}
