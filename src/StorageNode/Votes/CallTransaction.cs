using System.Security.Cryptography;
using Google.Protobuf;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;
using VoteState = Praefect.Wire.Protos.VoteTransactionResponse.Types.TransactionState;

namespace Praefect.StorageNode.Votes;

/// <summary>The votes of one call: cast over the connection that the call came on, and remembered once one was not agreed to.</summary>
public sealed class CallTransaction
{
    /// <summary>How long a vote may take: 5 minutes, as Gitaly's.</summary>
    public static readonly TimeSpan VoteTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The hash of the vote that ends a push: twenty zeros. It agrees only where all earlier votes went alike.</summary>
    public static readonly ReadOnlyMemory<byte> ZeroHash = new byte[SHA1.HashSizeInBytes];

    private readonly GrpcChannel _peer;
    private readonly TransactionMetadata _metadata;
    private readonly Repository _repository;
    private GrpcException? _failure;

    /// <param name="peer">Towards the process that sent the call, over the same connection.</param>
    /// <param name="metadata">Which transaction, and as who.</param>
    /// <param name="repository">The repository of the call, as it was named there.</param>
    public CallTransaction(GrpcChannel peer, TransactionMetadata metadata, Repository repository)
    {
        _peer = peer;
        _metadata = metadata;
        _repository = repository;
    }

    /// <summary>The first vote that was not agreed to, or null.</summary>
    public GrpcException? Failure => Volatile.Read(ref _failure);

    /// <summary>Votes with the SHA-1 of <paramref name="change"/>.</summary>
    /// <exception cref="GrpcException">The others disagree or the vote could not be cast: the change must not happen.</exception>
    public Task VoteOnAsync(ReadOnlyMemory<byte> change, VotePhase phase, CancellationToken cancellationToken) =>
        VoteAsync(SHA1.HashData(change.Span), phase, cancellationToken);

    /// <summary>Votes with a hash of 20 bytes.</summary>
    /// <exception cref="GrpcException">Aborted: <c>transaction was aborted</c> or <c>transaction was stopped</c>; or the vote could not be cast.</exception>
    public async Task VoteAsync(ReadOnlyMemory<byte> hash, VotePhase phase, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _peer.UnaryAsync("/gitaly.RefTransaction/VoteTransaction", Request(hash, phase), VoteTransactionResponse.Parser,
                new GrpcCallOptions { Timeout = VoteTimeout }, cancellationToken);
            if (answer.State != VoteState.Commit)
            {
                var text = answer.State == VoteState.Stop ? "transaction was stopped" : "transaction was aborted";
                throw new GrpcException(new GrpcStatus(GrpcStatusCode.Aborted, text));
            }
        }
        catch (GrpcException exception)
        {
            Interlocked.CompareExchange(ref _failure, exception, comparand: null);
            throw;
        }
    }

    private VoteTransactionRequest Request(ReadOnlyMemory<byte> hash, VotePhase phase) => new()
    {
        Repository = _repository,
        TransactionId = _metadata.Id,
        Node = _metadata.Node,
        ReferenceUpdatesHash = ByteString.CopyFrom(hash.Span),
        Phase = phase,
    };
}
