using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Call = Praefect.Wire.Grpc.GrpcClientCall<Praefect.Wire.Protos.SSHUploadPackRequest, Praefect.Wire.Protos.SSHUploadPackResponse>;

namespace Praefect.Benchmarks.Scale;

/// <summary>Fetches over SSH whose clients fell silent: calls with streams both ways that reached a node, and go on without a byte.</summary>
internal sealed class OpenStreams : IAsyncDisposable
{
    private const int PerConnection = 100;
    private const int OpenedAtOnce = 32;
    private readonly List<HttpMessageInvoker> _connections = [];
    private readonly List<Call> _calls = [];

    public int Connections => _connections.Count;

    /// <summary>Opens them, and ends when each was answered by its node once.</summary>
    public async Task OpenAsync(Uri address, IReadOnlyList<string> paths, int count, CancellationToken cancellationToken)
    {
        for (var i = 0; i < (count + PerConnection - 1) / PerConnection; i++)
            _connections.Add(new HttpMessageInvoker(RepositoryLoad.Connect(address)));
        var gate = new Lock();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce, CancellationToken = cancellationToken }, async (number, ct) =>
        {
            // The token of the loop ends with it; a call is to go on.
            var call = new GrpcChannel(_connections[number % _connections.Count])
                .Open<SSHUploadPackRequest, SSHUploadPackResponse>(Methods.SSH.SSHUploadPack, SSHUploadPackResponse.Parser, null, CancellationToken.None);
            lock (gate)
                _calls.Add(call);
            var repository = new Repository { StorageName = PraefectSetup.VirtualStorage, RelativePath = paths[number % paths.Count] };
            await call.WriteAsync(new SSHUploadPackRequest { Repository = repository }, ct);
            if (await call.ReadAsync(CancellationToken.None) is null)
                throw new InvalidOperationException("a stream that was to stay open ended");
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(_calls, static async (call, _) => await call.DisposeAsync());
        foreach (var connection in _connections)
            connection.Dispose();
    }
}
