using System.Globalization;
using Google.Protobuf;
using Praefect.Cluster.Histories;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Cluster.Registers;

/// <summary>Reading, writing and swapping a reference through a gateway.</summary>
internal static class RegisterCalls
{
    private const string Nothing = "0000000000000000000000000000000000000000";
    private static readonly TimeSpan CallMax = TimeSpan.FromSeconds(10);

    // What git says when a reference is not what was expected.
    private static readonly string[] s_differences = ["but expected", "reference already exists", "unable to resolve reference"];

    /// <summary>The reference's value; null: there is none.</summary>
    public static async Task<string?> ReadAsync(GrpcChannel channel, Register register, bool primary, CancellationToken cancellationToken)
    {
        var options = new GrpcCallOptions
        {
            Timeout = CallMax,
            Metadata = primary ? new GrpcMetadata { { "gitaly-route-repository-accessor-policy", "primary-only" } } : null,
        };
        await using var call = channel.Open<ListRefsRequest, ListRefsResponse>("/gitaly.RefService/ListRefs", ListRefsResponse.Parser, options, cancellationToken);
        await call.WriteAsync(new ListRefsRequest { Repository = Target(register), Patterns = { ByteString.CopyFromUtf8(register.Reference) } }, cancellationToken);
        await call.CompleteAsync(cancellationToken);
        string? value = null;
        await foreach (var message in call.ReadAllAsync(cancellationToken))
            value = message.References.FirstOrDefault(found => found.Name.ToStringUtf8() == register.Reference)?.Target ?? value;
        return value;
    }

    public static Task WriteAsync(GrpcChannel channel, Register register, string value, CancellationToken cancellationToken) => channel.UnaryAsync(
        "/gitaly.RepositoryService/WriteRef",
        new WriteRefRequest { Repository = Target(register), Ref = ByteString.CopyFromUtf8(register.Reference), Revision = ByteString.CopyFromUtf8(value) },
        WriteRefResponse.Parser,
        new GrpcCallOptions { Timeout = CallMax },
        cancellationToken);

    /// <summary>Null as <paramref name="expected"/>: there must be no reference; as <paramref name="value"/>: it is deleted.</summary>
    public static Task SwapAsync(GrpcChannel channel, Register register, string? expected, string? value, CancellationToken cancellationToken) => channel.UnaryAsync(
        "/gitaly.RefService/UpdateReferences",
        new UpdateReferencesRequest
        {
            Repository = Target(register),
            Updates =
            {
                new UpdateReferencesRequest.Types.Update
                {
                    Reference = ByteString.CopyFromUtf8(register.Reference),
                    OldObjectId = ByteString.CopyFromUtf8(expected ?? Nothing),
                    NewObjectId = ByteString.CopyFromUtf8(value ?? Nothing),
                },
            },
        },
        UpdateReferencesResponse.Parser,
        new GrpcCallOptions { Timeout = CallMax },
        cancellationToken);

    /// <summary>What a failed write or swap tells of its effect; null: it was refused before anything happened.</summary>
    public static OperationResult? Result(GrpcStatus status) => status.Code switch
    {
        GrpcStatusCode.FailedPrecondition when Array.Exists(s_differences, text => status.Message.Contains(text, StringComparison.Ordinal)) => OperationResult.Differed,
        GrpcStatusCode.ResourceExhausted or GrpcStatusCode.InvalidArgument or GrpcStatusCode.Unauthenticated => null,
        _ => OperationResult.Unknown,
    };

    private static Repository Target(Register register) => new()
    {
        StorageName = ClusterProcesses.VirtualStorage,
        RelativePath = Filling.PathOf(register.Repository),
    };

    /// <summary>Name of a client, for messages.</summary>
    public static string Name(int client, GatewayEndpoint gateway) => string.Create(CultureInfo.InvariantCulture, $"client {client} through {gateway.Name}");
}
