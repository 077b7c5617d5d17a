using System.Globalization;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Hooks;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Votes;

/// <summary>Finds the transaction of a call, and runs git commands that write references under it.</summary>
public sealed class CallTransactions(HookListener hooks, TimeProvider time)
{
    /// <summary>The transaction of <paramref name="call"/>; null when it is part of none, and then nobody votes.</summary>
    /// <exception cref="GrpcException">FailedPrecondition: there is one but the call came by a connection over which nobody can be asked.</exception>
    public CallTransaction? Find(ServerCallContext call, Repository repository)
    {
        if (call.Header(TransactionMetadata.Key) is not { } value)
        {
            return null;
        }

        var metadata = TransactionMetadata.Parse(value);
        var peer = call.GetHttpContext().Features.Get<IBackchannelFeature>() ?? throw new GrpcException(
            GrpcStatusCode.FailedPrecondition,
            string.Create(CultureInfo.InvariantCulture, $"transaction {metadata.Id}: the call came by a connection without backchannel, so no vote can be cast"));
        return new CallTransaction(new GrpcChannel(peer.Invoker, authorization: null, time), metadata, repository);
    }

    /// <summary>Makes the hook of one git process vote in <paramref name="transaction"/>; null when there is none, and then no hook runs at all.</summary>
    public HookRegistration? Register(StorageFolder storage, CallTransaction? transaction) =>
        transaction is null ? null : hooks.Register(storage.HooksFolder, new HookVotes(transaction));

    /// <summary>Runs a git command whose reference updates are voted on.</summary>
    /// <exception cref="GrpcException">A vote was not agreed to, so git rolled back.</exception>
    /// <exception cref="GitFailedException">Git failed for a reason of its own.</exception>
    public async Task<GitOutput> CaptureAsync(
        RepositoryFolder repository, CallTransaction? transaction, GitCommand command, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using var hook = Register(repository.Storage, transaction);
        try
        {
            var output = await repository.Git.CaptureAsync(command with { HookEnvironment = hook?.Access }, input, cancellationToken);

            // Git ignores what the hook says once references have changed; the caller must not.
            return transaction?.Failure is { } late ? throw late : output;
        }
        catch (GitFailedException exception) when (transaction?.Failure is { } failure)
        {
            throw new GrpcException(failure.Status, exception) { Trailers = failure.Trailers };
        }
    }
}
