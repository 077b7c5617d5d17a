using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Praefect.Wire.Backchannel;

/// <summary>Kestrel's transport for the <see cref="BackchannelEndPoint"/>: connections are streams that node connections hand over.</summary>
internal sealed class BackchannelTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is BackchannelEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        endpoint is BackchannelEndPoint backchannel
            ? new ValueTask<IConnectionListener>(new Listener(backchannel))
            : throw new NotSupportedException($"{endpoint} is no backchannel end point");

    private sealed class Listener(BackchannelEndPoint endPoint) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await endPoint.Waiting.WaitToReadAsync(cancellationToken))
            {
                if (endPoint.Waiting.TryRead(out var context))
                    return context;
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            endPoint.StopListening();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
