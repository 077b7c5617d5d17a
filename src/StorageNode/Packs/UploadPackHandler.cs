using System.Globalization;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.StorageNode.Packs;

/// <summary>PostUploadPackWithSidechannel and SSHUploadPackWithSidechannel: a fetch, whose data runs beside the call.</summary>
public sealed class UploadPackHandler(StorageFolders storages, TimeProvider time)
{
    /// <summary>One round of a fetch over HTTP: the client's request, then git's answer as it is.</summary>
    public async Task<PostUploadPackWithSidechannelResponse> PostAsync(PostUploadPackWithSidechannelRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var command = repository.Command("upload-pack", "--stateless-rpc", repository.FullPath) with
        {
            GitProtocol = GitConfigOptions.CheckProtocol(request.GitProtocol),
            Configuration = GitConfigOptions.Parse(request.GitConfigOptions),
        };
        var exit = await RunAsync(repository, command, call, SidechannelFraming.CopyServerToClientAsync);
        Check(exit);
        return new PostUploadPackWithSidechannelResponse { PackfileNegotiationStatistics = new PackfileNegotiationStatistics() };
    }

    /// <summary>A whole fetch over SSH: git's output comes in pkt-lines of band 1, since the client has two outputs to fill.</summary>
    public async Task<SSHUploadPackWithSidechannelResponse> SshAsync(SSHUploadPackWithSidechannelRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var command = repository.Command("upload-pack", repository.FullPath) with
        {
            GitProtocol = GitConfigOptions.CheckProtocol(request.GitProtocol),
            Configuration = GitConfigOptions.Parse(request.GitConfigOptions),
        };
        var exit = await RunAsync(repository, command, call, Sideband.CopyAsync);
        Check(exit);
        return new SSHUploadPackWithSidechannelResponse { PackfileNegotiationStatistics = new PackfileNegotiationStatistics() };
    }

    private static void Check(GitExit exit)
    {
        if (exit.Code != 0)
        {
            throw new GitFailedException("upload-pack", exit.Code, exit.StandardError);
        }
    }

    private async Task<GitExit> RunAsync(
        RepositoryFolder repository, GitCommand command, ServerCallContext call, Func<System.IO.Pipelines.PipeReader, YamuxStream, CancellationToken, Task> send)
    {
        await using var stream = await OpenAsync(call);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, stream.Closed);
        await using var process = await repository.Git.StartAsync(command, ending.Token);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        var receiving = ReceiveAsync(stream, process, answered.Token);
        try
        {
            await send(process.Output, stream, ending.Token);
            return await process.WaitAsync(ending.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            throw new GrpcException(GrpcStatusCode.Cancelled, "the client closed the sidechannel", exception);
        }
        finally
        {
            await answered.CancelAsync();
            await receiving;
        }
    }

    private static async Task ReceiveAsync(YamuxStream stream, GitProcess process, CancellationToken cancellationToken)
    {
        try
        {
            await SidechannelFraming.ReceiveAsync(stream, process.Input, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SidechannelException)
        {
            // Git ended without reading everything, or the client left: git's exit status tells, once its input is closed.
        }

        await process.CloseInputAsync();
    }

    private async Task<YamuxStream> OpenAsync(ServerCallContext call)
    {
        var values = call.GetHttpContext().Request.Headers[SidechannelRegistry.MetadataKey];
        if (values.Count == 0 || !long.TryParse(values[^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"metadata {SidechannelRegistry.MetadataKey} is missing or not a number");
        }

        var peer = call.GetHttpContext().Features.Get<IBackchannelFeature>()
            ?? throw new GrpcException(GrpcStatusCode.FailedPrecondition, "the call came by a connection without backchannel, so no sidechannel can be opened");
        try
        {
            return await SidechannelServer.OpenAsync(peer, id, call.CancellationToken, time);
        }
        catch (SidechannelException exception)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, exception.Message, exception);
        }
    }
}
