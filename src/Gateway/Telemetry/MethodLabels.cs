using System.Collections.Frozen;
using Praefect.Gateway.Reflection;
using Praefect.Wire.Contract;

namespace Praefect.Gateway.Telemetry;

/// <summary>A method as metrics and logs call it.</summary>
/// <param name="Service">For example <c>gitaly.RefService</c>.</param>
/// <param name="Name">For example <c>RefExists</c>.</param>
/// <param name="Type">As the server sees it: what is proxied is a stream both ways, whatever the protocol says of it.</param>
/// <param name="Operation"><c>accessor</c>, <c>mutator</c> or <c>maintenance</c>; <c>unknown</c> for what the gateway answers itself.</param>
/// <param name="Scope"><c>repository</c>, <c>storage</c> or <c>partition</c>; <c>unknown</c> as above.</param>
internal sealed record MethodLabels(string Service, string Name, string Type, string Operation, string Scope)
{
    /// <summary>What a label is where nothing is known.</summary>
    public const string Unknown = "unknown";

    /// <summary>Type of all that is proxied or intercepted.</summary>
    public const string Stream = "bidi_stream";

    private const string Unary = "unary";
    private const string ServerStream = "server_stream";

    private static readonly FrozenDictionary<string, MethodLabels> All = Methods().ToFrozenDictionary(static m => m.Path, static m => m.Labels, StringComparer.Ordinal);

    /// <summary>The method of a path; null for one that nobody knows, so that clients cannot fill the metrics with names of their own.</summary>
    public static MethodLabels? Find(string path) => All.GetValueOrDefault(path);

    /// <summary>gRPC's own spelling of a status, which dashboards select by.</summary>
    public static string Code(Wire.Grpc.GrpcStatusCode code) => code == Wire.Grpc.GrpcStatusCode.Cancelled ? "Canceled" : Names[Math.Clamp((int)code, 0, Names.Length - 1)];

    /// <summary>The methods that the gateway answers itself, and no node.</summary>
    public static IEnumerable<MethodLabels> Own =>
        All.Where(static m => !RpcRegistry.TryFind(m.Key, out var known) || known.Handling == RpcHandling.Own).Select(static m => m.Value);

    /// <summary>All codes as <see cref="Code"/> spells them.</summary>
    public static IEnumerable<string> Codes => Enum.GetValues<Wire.Grpc.GrpcStatusCode>().Select(Code);

    private static readonly string[] Names = Enum.GetValues<Wire.Grpc.GrpcStatusCode>().Select(static c => c.ToString()).ToArray();

    private static IEnumerable<(string Path, MethodLabels Labels)> Methods()
    {
        foreach (var method in RpcRegistry.All.Values)
            yield return (method.Path, Of(method));
        yield return (Wire.Contract.Methods.Health.Check, new("grpc.health.v1.Health", "Check", Unary, Unknown, Unknown));
        yield return (Wire.Contract.Methods.Health.Watch, new("grpc.health.v1.Health", "Watch", ServerStream, Unknown, Unknown));
        yield return (ReflectionService.Path, new("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", Stream, Unknown, Unknown));
        yield return (ReflectionV1Service.Path, new("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", Stream, Unknown, Unknown));
    }

    private static MethodLabels Of(RpcMethod method) => new(
        method.Service,
        method.Name,
        method.Handling != RpcHandling.Own ? Stream : method.ServerStreaming ? ServerStream : Unary,
        method.Operation switch
        {
            RpcOperation.Accessor => "accessor",
            RpcOperation.Mutator => "mutator",
            RpcOperation.Maintenance => "maintenance",
            _ => Unknown,
        },
        method.Scope switch
        {
            RpcScope.Repository => "repository",
            RpcScope.Storage => "storage",
            RpcScope.Partition => "partition",
            _ => Unknown,
        });
}
