namespace Praefect.Wire.Contract;

/// <summary>One RPC of the Gitaly protocol and everything that routing it needs.</summary>
public sealed record RpcMethod
{
    /// <summary><c>/package.Service/Name</c>, the HTTP/2 path.</summary>
    public required string Path { get; init; }

    /// <summary>Full service name, for example <c>gitaly.RefService</c>.</summary>
    public required string Service { get; init; }

    /// <summary>Name within the service.</summary>
    public required string Name { get; init; }

    /// <summary>The client sends a stream of messages.</summary>
    public bool ClientStreaming { get; init; }

    /// <summary>The server answers with a stream of messages.</summary>
    public bool ServerStreaming { get; init; }

    /// <summary>What it does.</summary>
    public RpcOperation Operation { get; init; }

    /// <summary>What it addresses.</summary>
    public RpcScope Scope { get; init; }

    /// <summary>Way to the repository to route on; present for every routed RPC of repository scope.</summary>
    public FieldPath? Target { get; init; }

    /// <summary>Way to a second repository that is rewritten as well and may be unset in a request.</summary>
    public FieldPath? AdditionalRepository { get; init; }

    /// <summary>Way to the storage name of an RPC of storage scope.</summary>
    public FieldPath? Storage { get; init; }

    /// <summary>Who answers it.</summary>
    public RpcHandling Handling { get; init; }

    /// <summary>Marked as deprecated in the protocol.</summary>
    public bool Deprecated { get; init; }

    /// <summary>The first Gitaly version known to have it; 16.7 stands for that or older.</summary>
    public required string Since { get; init; }

    /// <summary>The first Gitaly version without it; null: current. Older nodes still have it, so it stays routable.</summary>
    public string? RemovedIn { get; init; }

    /// <summary>What newer nodes do instead of <see cref="Operation"/>; null: no change.</summary>
    public OperationChange? LaterOperation { get; init; }

    /// <summary>Takes part in transactions: a success without votes means that the replicas must be made equal.</summary>
    public bool Votes { get; init; }

    /// <summary>An accessor that only the primary answers, because replicas may rightly differ in the answer.</summary>
    public bool ForcesPrimary { get; init; }

    /// <summary>Creates its target.</summary>
    public bool Creates { get; init; }

    /// <summary>Creates its target, or updates it where it exists.</summary>
    public bool Upserts { get; init; }

    /// <summary>Full name of the request message.</summary>
    public required string InputType { get; init; }

    /// <summary>Full name of the response message.</summary>
    public required string OutputType { get; init; }
}

/// <summary>A newer Gitaly classifies an RPC differently.</summary>
/// <param name="Operation">The newer classification.</param>
/// <param name="Since">The Gitaly version that brought it.</param>
public sealed record OperationChange(RpcOperation Operation, string Since);
