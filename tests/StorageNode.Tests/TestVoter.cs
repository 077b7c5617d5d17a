using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Praefect.StorageNode.Votes;
using Praefect.Tests.Shared;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using VoteState = Praefect.Wire.Protos.VoteTransactionResponse.Types.TransactionState;

namespace Praefect.StorageNode.Tests;

/// <summary>The gateway's part in a transaction: a real backchannel whose other end answers votes as the test says.</summary>
internal sealed class TestVoter : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestVoter(WebApplication application, TestNode node)
    {
        _application = application;
        Connection = node.Connect(application.Services.GetRequiredService<BackchannelEndPoint>());
        Channel = Connection.MultiplexedChannel;
    }

    public NodeConnection Connection { get; }

    public GrpcChannel Channel { get; }

    public ConcurrentQueue<VoteTransactionRequest> Votes { get; } = new();

    public Func<VoteTransactionRequest, Task<VoteState>> Answer { get; set; } = _ => Task.FromResult(VoteState.Commit);

    public string Phases => string.Concat(Votes.Select(vote => vote.Phase switch
    {
        VoteTransactionRequest.Types.Phase.PreparedPhase => 'p',
        VoteTransactionRequest.Types.Phase.CommittedPhase => 'c',
        _ => '?',
    }));

    public static GrpcMetadata Metadata => new() { { TransactionMetadata.Key, new TransactionMetadata(7, "default", Primary: true).Format() } };

    public static async Task<TestVoter> StartAsync(TestNode node)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddBackchannelTransport().AddGrpcServing();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenBackchannel());
        var application = builder.Build();
        var voter = new TestVoter(application, node);
        new ScriptedMethods().Unary<VoteTransactionRequest, VoteTransactionResponse>(
            "/gitaly.RefTransaction/VoteTransaction", VoteTransactionRequest.Parser, voter.VoteAsync).Serve(application);
        await application.StartAsync();
        return voter;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task<VoteTransactionResponse> VoteAsync(VoteTransactionRequest request, ServerCallContext call)
    {
        Votes.Enqueue(request);
        return new VoteTransactionResponse { State = await Answer(request) };
    }
}
