using System.CommandLine;
using System.Runtime.InteropServices;
using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Trial;

/// <summary>The command line of the trial.</summary>
internal static class TrialCommand
{
    /// <summary>How long the proof may take.</summary>
    private static readonly TimeSpan SmokeMax = TimeSpan.FromMinutes(12);

    private const int StorageNodes = 3;

    private static readonly Option<string> Data = new("--data") { Description = "Folder for everything: repositories, records, logs", DefaultValueFactory = _ => "data" };
    private static readonly Option<int> Port = new("--port") { Description = "Port for git clone and git push (default: that of the last run, else any free one)" };
    private static readonly Option<bool> Cluster = new("--cluster") { Description = "Three identical processes on a Postgres of their own, instead of one process" };
    private static readonly Option<bool> Smoke = new("--smoke") { Description = "Push real repositories, kill nodes meanwhile, and prove that nothing acknowledged is lost" };
    private static readonly Option<string> Source = new("--source") { Description = "Checkout whose history --smoke pushes", DefaultValueFactory = _ => "." };

    /// <summary>Parses and runs; returns the exit status.</summary>
    public static Task<int> RunAsync(string[] arguments, TimeProvider time)
    {
        var command = new RootCommand("A Git storage cluster on this machine: three storage nodes and a gateway.") { Data, Port, Cluster, Smoke, Source };
        Port.Validators.Add(result =>
        {
            if (result.GetValue(Port) is < 0 or > 65_535)
                result.AddError("--port must be from 1 to 65535");
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(Cluster) && result.GetValue(Smoke))
                result.AddError("--smoke is for one process: leave --cluster out");
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, time, cancellationToken));
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> RunAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        try
        {
            using var folder = ClusterFolder.Open(parsed.GetValue(Data)!);
            folder.CheckKind(silos: parsed.GetValue(Cluster));
            if (parsed.GetValue(Cluster))
                return await ServeSilosAsync(folder, parsed.GetValue(Port), time, stop.Token);
            var ports = ClusterPorts.Choose(folder.Ports, StorageNodes, parsed.GetValue(Port));
            return parsed.GetValue(Smoke)
                ? await ProveAsync(folder, ports, parsed.GetValue(Source)!, time, stop.Token)
                : await ServeAsync(folder, ports, time, stop.Token);
        }
        catch (Exception e) when (e is TrialException or ProcessFailedException or FileNotFoundException)
        {
            await Console.Error.WriteLineAsync($"trial: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("trial: stopped before it was done");
            return 1;
        }

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> ProveAsync(ClusterFolder folder, ClusterPorts ports, string source, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(SmokeMax, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var report = new SmokeReport(Console.Out, time);
        try
        {
            await new SmokeRun(folder, ports, Path.GetFullPath(source), report, time).RunAsync(linked.Token);
            report.Say("passed");
            return 0;
        }
        catch (Exception e) when (e is TrialException or ProcessFailedException)
        {
            report.Say($"FAILED: {e.Message}");
            report.Say($"logs: {folder.Logs}");
            return 1;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            report.Say($"FAILED: not done after {SmokeMax.TotalMinutes:0} min; logs: {folder.Logs}");
            return 1;
        }
    }

    private static Task<int> ServeSilosAsync(ClusterFolder folder, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var binaries = PostgresProcess.FindBinaries() ?? throw new TrialException("Postgres is not installed: a cluster needs its server (Debian and Ubuntu: sudo apt-get install postgresql)");
        return new SiloTrial(folder, SiloClusterPorts.Choose(folder.SiloPorts, SiloTrial.Size, port), binaries, time).RunAsync(cancellationToken);
    }

    private static async Task<int> ServeAsync(ClusterFolder folder, ClusterPorts ports, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var cluster = new LocalCluster(folder, ports, time);
        var start = time.GetTimestamp();
        await cluster.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync($"""

            The cluster serves ({SmokeReport.Span(time.GetElapsedTime(start))} after its start): {StorageNodes} storage nodes, every push voted on by all of them.

              put a repository there   git push http://127.0.0.1:{ports.Git}/{LocalCluster.VirtualStorage}/hello.git HEAD:refs/heads/main
              get it back              git clone http://127.0.0.1:{ports.Git}/{LocalCluster.VirtualStorage}/hello.git
              metrics                  curl http://127.0.0.1:{ports.Metrics}/metrics
              Gitaly's protocol        127.0.0.1:{ports.Grpc} (gRPC without TLS), virtual storage "{LocalCluster.VirtualStorage}"
              data and logs            {folder.Path}, {folder.Logs}

            Ctrl-C stops it. Started again it has everything that was pushed.
            """);
        var gateway = cluster.Gateway.WaitForExitAsync(cancellationToken);
        try
        {
            var code = await gateway;
            throw new ProcessFailedException($"praefect ended with exit code {code}; the end of its log:\n{await cluster.Gateway.LogTailAsync()}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Out.WriteLineAsync("stopping");
            var clean = await cluster.StopAsync();
            await Console.Out.WriteLineAsync(clean ? "stopped" : "stopped; not everything stopped cleanly, see the logs");
            return clean ? 0 : 1;
        }
    }
}
