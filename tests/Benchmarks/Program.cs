using System.CommandLine;
using System.Text.Json;
using BenchmarkDotNet.Running;
using Praefect.Benchmarks.Frames;
using Praefect.Benchmarks.Gate;
using Praefect.Benchmarks.GrainCalls;
using Praefect.Benchmarks.Logs;
using Praefect.Benchmarks.Proxy;
using Praefect.Benchmarks.Scale;

var root = new RootCommand("Figures of docs/benchmarks.md: frames, grains, proxy, scale. Compare within one run only.");

var frames = new Command("frames", "cutting and rewriting a first frame");
frames.SetAction(_ => { BenchmarkRunner.Run<FirstFrameBenchmarks>(); });
root.Add(frames);

var grains = new Command("grains", "a grain call in the same process, on the runtime this was built for");
grains.SetAction(_ => { BenchmarkRunner.Run<GrainCallBenchmarks>(); });
root.Add(grains);

var log = new Command("log", "the log line of a call");
log.SetAction(_ => { BenchmarkRunner.Run<LogLineBenchmarks>(); });
root.Add(log);

var repetitions = new Option<int>("--repetitions") { DefaultValueFactory = _ => 3, Description = "runs of each case; the median is printed" };
var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 5, Description = "length of one run in seconds" };
var proxy = new Command("proxy", "what the gateway adds to a call, against the same node directly") { repetitions, seconds };
proxy.SetAction((result, _) => ProxyBenchmark.RunAsync(result.GetValue(repetitions), result.GetValue(seconds)));
root.Add(proxy);

var gate = new Command("gate", "fails when the gateway costs twice what it did, compared with the node behind it within one run") { repetitions, seconds };
gate.SetAction((result, _) => BenchmarkGate.RunAsync(result.GetValue(repetitions), result.GetValue(seconds)));
root.Add(gate);

var portFile = new Option<string>("--port-file") { Required = true };
var storages = new Option<int>("--storages") { DefaultValueFactory = _ => 1 };
var node = new Command("node", "a storage node without git, or several in one process") { portFile, storages };
node.Hidden = true;
node.SetAction((result, ct) => BenchNode.RunAsync(result.GetValue(portFile)!, result.GetValue(storages), ct));
root.Add(node);

root.Add(ScaleCommand.Create());

var address = new Option<Uri>("--address") { Required = true, CustomParser = argument => new Uri(argument.Tokens[0].Value) };
var operation = new Option<string>("--operation") { Required = true };
var callers = new Option<int>("--callers") { DefaultValueFactory = _ => 1 };
var repositories = new Option<int>("--repositories") { DefaultValueFactory = _ => 16 };
var load = new Command("load", "closed-loop callers; prints one line of JSON") { address, operation, callers, seconds, repositories };
load.Hidden = true;
load.SetAction(async (result, _) =>
{
    var paths = Enumerable.Range(0, result.GetValue(repositories)).Select(i => $"bench/r{i}.git").ToArray();
    var run = await Load.RunAsync(
        result.GetValue(address)!, BenchCluster.VirtualStorage, paths, result.GetValue(operation)!, result.GetValue(callers), TimeSpan.FromSeconds(result.GetValue(seconds)));
    Console.WriteLine(JsonSerializer.Serialize(run));
});
root.Add(load);

return await root.Parse(args).InvokeAsync();
