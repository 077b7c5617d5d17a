using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.Packs;

/// <summary>PostReceivePack and SSHReceivePack: a push.</summary>
public sealed class ReceivePackHandler(StorageFolders storages, CallTransactions transactions)
{
    /// <summary>A push over HTTP.</summary>
    public async Task PostAsync(IAsyncEnumerable<PostReceivePackRequest> requests, ServerCallContext call, IServerStreamWriter<PostReceivePackResponse> responses)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        await using var stream = requests.GetAsyncEnumerator(reading.Token);
        var first = await stream.MoveNextAsync() ? stream.Current : throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        CheckFirst(first.GlId, first.Data);
        var repository = storages.Find(first.Repository);
        var transaction = transactions.Find(call, first.Repository);
        var command = Command(repository, ["receive-pack", "--stateless-rpc", repository.FullPath], first.GitProtocol, first.GitConfigOptions);
        var exit = await RunAsync(
            repository, command, transaction, reading, stream, request => request.Data,
            data => responses.WriteAsync(new PostReceivePackResponse { Data = data }, call.CancellationToken), call.CancellationToken);
        if (exit.Code != 0)
        {
            throw new GitFailedException("receive-pack", exit.Code, exit.StandardError);
        }

        await ConcludeAsync(transaction, call.CancellationToken);
    }

    /// <summary>A push over SSH.</summary>
    public async Task SshAsync(IAsyncEnumerable<SSHReceivePackRequest> requests, ServerCallContext call, IServerStreamWriter<SSHReceivePackResponse> responses)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        await using var stream = requests.GetAsyncEnumerator(reading.Token);
        var first = await stream.MoveNextAsync() ? stream.Current : throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        CheckFirst(first.GlId, first.Stdin);
        var repository = storages.Find(first.Repository);
        var transaction = transactions.Find(call, first.Repository);
        var command = Command(repository, ["receive-pack", repository.FullPath], first.GitProtocol, first.GitConfigOptions);
        var exit = await RunAsync(
            repository, command, transaction, reading, stream, request => request.Stdin,
            data => responses.WriteAsync(new SSHReceivePackResponse { Stdout = data }, call.CancellationToken), call.CancellationToken);
        if (exit.Code == 0)
        {
            await ConcludeAsync(transaction, call.CancellationToken);
        }

        await responses.WriteAsync(
            new SSHReceivePackResponse { Stderr = ByteString.CopyFromUtf8(exit.StandardError), ExitStatus = new ExitStatus { Value = exit.Code } }, call.CancellationToken);
    }

    private static void CheckFirst(string glId, ByteString data)
    {
        if (glId.Length == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "empty GlId");
        }

        if (!data.IsEmpty)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "non-empty Data in the first message");
        }
    }

    private static GitCommand Command(RepositoryFolder repository, IReadOnlyList<string> arguments, string protocol, IEnumerable<string> options) =>
        repository.Command(arguments) with
        {
            GitProtocol = GitConfigOptions.CheckProtocol(protocol),
            Configuration = GitConfigOptions.Parse(options),
        };

    private async Task<GitExit> RunAsync<T>(
        RepositoryFolder repository,
        GitCommand command,
        CallTransaction? transaction,
        CancellationTokenSource reading,
        IAsyncEnumerator<T> requests,
        Func<T, ByteString> data,
        Func<ByteString, Task> send,
        CancellationToken cancellationToken)
    {
        using var hook = transactions.Register(repository.Storage, transaction);
        await using var process = await repository.Git.StartAsync(command with { HookEnvironment = hook?.Access }, cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(process, requests, data, ending, reading.Token);
        try
        {
            await Chunks.SendAsync(process.Output, send, ending.Token);
            return await process.WaitAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var fault = await feeding;
            throw fault is null ? new GrpcException(GrpcStatusCode.Cancelled, "the push broke off") : new GrpcException(fault.Status, fault);
        }
        finally
        {
            await reading.CancelAsync();
            await feeding;
        }
    }

    // Returns the fault of a request stream that broke; then git is ended, for an early end of file must not look like the end of the push.
    private static async Task<GrpcException?> FeedAsync<T>(
        GitProcess process, IAsyncEnumerator<T> requests, Func<T, ByteString> data, CancellationTokenSource ending, CancellationToken cancellationToken)
    {
        GrpcException? fault = null;
        try
        {
            while (await requests.MoveNextAsync())
            {
                await process.Input.WriteAsync(data(requests.Current).Memory, cancellationToken);
            }

            await process.CloseInputAsync();
        }
        catch (GrpcException exception)
        {
            fault = exception;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // Git ended without reading everything: its exit status tells. Or the call is over.
        }

        if (fault is not null)
        {
            await ending.CancelAsync();
        }

        return fault;
    }

    // Where git refused every reference there was no vote at all, and a transaction without votes looks like one that
    // nobody can judge. So each push ends with a vote that agrees only if all before it went alike.
    private static async Task ConcludeAsync(CallTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is null)
        {
            return;
        }

        try
        {
            await transaction.VoteAsync(CallTransaction.ZeroHash, VotePhase.CommittedPhase, cancellationToken);
        }
        catch (GrpcException exception)
        {
            throw new GrpcException(GrpcStatusCode.Aborted, $"final transactional vote: {exception.Status.Message}", exception);
        }
    }
}
