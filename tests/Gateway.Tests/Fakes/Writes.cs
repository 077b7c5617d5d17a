using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>WriteRef as the write of all tests: sent by a client, scripted and voted on by nodes.</summary>
public static class Writes
{
    /// <summary>How long a condition may take on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task<WriteRefResponse> SendAsync(TestCluster cluster, TimeSpan? timeout = null, CancellationToken ct = default) => cluster.Client.UnaryAsync(
        Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser, new GrpcCallOptions { Timeout = timeout }, ct);

    public static (ulong Id, string Node, bool Primary) Transaction(IHeaderDictionary headers)
    {
        using var json = JsonDocument.Parse(Convert.FromBase64String(headers["gitaly-reference-transaction"]!));
        return (json.RootElement.GetProperty("id").GetUInt64(), json.RootElement.GetProperty("node").GetString()!, json.RootElement.GetProperty("primary").GetBoolean());
    }

    public static async Task<VoteTransactionResponse> VoteAsync(HttpContext http, byte vote = 1, int length = 20)
    {
        var transaction = Transaction(http.Request.Headers);
        var hash = new byte[length];
        hash.AsSpan().Fill(vote);
        return await new GrpcChannel(http.Features.Get<IBackchannelFeature>()!.Invoker).UnaryAsync(
            Methods.RefTransaction.VoteTransaction,
            new VoteTransactionRequest { TransactionId = transaction.Id, Node = transaction.Node, ReferenceUpdatesHash = ByteString.CopyFrom(hash), Phase = VoteTransactionRequest.Types.Phase.PreparedPhase },
            VoteTransactionResponse.Parser, null, http.RequestAborted);
    }

    public static void On(FakeNode node, RequestDelegate handler) => node.On(Methods.Repository.WriteRef, handler);

    public static RequestDelegate Votes => async http =>
    {
        using var first = await FakeNode.FirstAsync(http);
        await VoteAsync(http);
        await FakeNode.SendAsync(http, new WriteRefResponse());
    };
}
