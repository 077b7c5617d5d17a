using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Tests.Shared;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Yamux;
using Contract = Praefect.Wire.Contract.Methods;

namespace Praefect.Benchmarks.Proxy;

/// <summary>A storage node without git: answers from memory and votes as a node does, so that what is measured is the proxy and not git.</summary>
internal static class BenchNode
{
    private const int StreamChunkBytes = 128 * 1024;
    private static readonly ByteString Chunk = UnsafeByteOperations.UnsafeWrap(new byte[StreamChunkBytes]);

    /// <summary>Serves until <paramref name="ct"/> is cancelled; writes the bound ports to <paramref name="portFile"/>, one a line: each is a storage.</summary>
    public static async Task RunAsync(string portFile, int storages, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            KestrelGrpcLimits.Apply(kestrel);
            for (var i = 0; i < storages; i++)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    listen.Protocols = HttpProtocols.Http2;
                    listen.UseBackchannel(new YamuxOptions());
                });
            }
        });
        builder.Services.AddGrpcServing().AddGrpcHealth();
        await using var app = builder.Build();
        Methods().Serve(app, health: true);
        await app.StartAsync(ct);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        await File.WriteAllLinesAsync(portFile + ".new", addresses.Select(a => new Uri(a).Port.ToString(System.Globalization.CultureInfo.InvariantCulture)), ct);
        File.Move(portFile + ".new", portFile, overwrite: true);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static ScriptedMethods Methods() => new ScriptedMethods()
        .Unary(Contract.Ref.RefExists, RefExistsRequest.Parser, (_, _) => Task.FromResult(new RefExistsResponse { Value = true }))
        .Unary(Contract.Repository.RepositorySize, RepositorySizeRequest.Parser, (_, _) => Task.FromResult(new RepositorySizeResponse { Size = 1 }))
        .Unary(Contract.Repository.RepositoryExists, RepositoryExistsRequest.Parser, (_, _) => Task.FromResult(new RepositoryExistsResponse { Exists = true }))
        .Unary(Contract.Repository.CalculateChecksum, CalculateChecksumRequest.Parser, (_, _) => Task.FromResult(new CalculateChecksumResponse { Checksum = new string('0', 40) }))
        .Unary(Contract.Repository.ReplicateRepository, ReplicateRepositoryRequest.Parser, (_, _) => Task.FromResult(new ReplicateRepositoryResponse()))
        .Unary(Contract.Repository.CreateRepository, CreateRepositoryRequest.Parser, async (_, call) =>
        {
            await VoteTwiceAsync(call, "create");
            return new CreateRepositoryResponse();
        })
        .Unary(Contract.Repository.WriteRef, WriteRefRequest.Parser, async (request, call) =>
        {
            await VoteTwiceAsync(call, request.Ref.ToStringUtf8());
            return new WriteRefResponse();
        })
        .ServerStream<GetBlobRequest, GetBlobResponse>(Contract.Blob.GetBlob, GetBlobRequest.Parser, StreamBlobAsync)
        .ServerStream<WalkReposRequest, WalkReposResponse>(Contract.InternalGitaly.WalkRepos, WalkReposRequest.Parser, (_, _, _) => Task.CompletedTask)
        .Duplex<SSHUploadPackRequest, SSHUploadPackResponse>(Contract.SSH.SSHUploadPack, SSHUploadPackRequest.Parser, StayOpenAsync);

    // As a fetch whose client is silent: answers once, then waits for requests until they end.
    private static async Task StayOpenAsync(IAsyncEnumerable<SSHUploadPackRequest> requests, ServerCallContext call, IServerStreamWriter<SSHUploadPackResponse> responses)
    {
        await foreach (var _ in requests)
            await responses.WriteAsync(new SSHUploadPackResponse(), call.CancellationToken);
    }

    private static async Task StreamBlobAsync(GetBlobRequest request, ServerCallContext call, IServerStreamWriter<GetBlobResponse> responses)
    {
        var left = request.Limit;
        var first = new GetBlobResponse { Size = left, Oid = request.Oid, Data = Chunk };
        var next = new GetBlobResponse { Data = Chunk };
        for (var message = first; left > 0; left -= StreamChunkBytes, message = next)
            await responses.WriteAsync(message, call.CancellationToken);
    }

    private static async Task VoteTwiceAsync(ServerCallContext call, string what)
    {
        if (call.Header("gitaly-reference-transaction") is not { } text)
            return;
        using var transaction = JsonDocument.Parse(Convert.FromBase64String(text));
        var peer = call.GetHttpContext().Features.Get<IBackchannelFeature>()
            ?? throw new GrpcException(GrpcStatusCode.FailedPrecondition, "transaction without a backchannel");
        var channel = new GrpcChannel(peer.Invoker);
        foreach (var phase in new[] { VoteTransactionRequest.Types.Phase.PreparedPhase, VoteTransactionRequest.Types.Phase.CommittedPhase })
        {
            var answer = await channel.UnaryAsync(
                Contract.RefTransaction.VoteTransaction,
                new VoteTransactionRequest
                {
                    TransactionId = transaction.RootElement.GetProperty("id").GetUInt64(),
                    Node = transaction.RootElement.GetProperty("node").GetString(),
                    Phase = phase,
                    ReferenceUpdatesHash = ByteString.CopyFrom(Hash(what)),
                },
                VoteTransactionResponse.Parser,
                options: null,
                call.CancellationToken);
            if (answer.State != VoteTransactionResponse.Types.TransactionState.Commit)
                throw new GrpcException(GrpcStatusCode.Internal, "transaction was aborted");
        }
    }

    // A vote is 20 bytes by contract; SHA-1 is what nodes send.
    private static byte[] Hash(string what) => SHA256.HashData(Encoding.UTF8.GetBytes(what))[..20];
}
