using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Praefect.Wire.Backchannel;

/// <summary>Has Kestrel serve what storage nodes call back.</summary>
public static class BackchannelKestrel
{
    /// <summary>Registers the transport and the process's <see cref="BackchannelEndPoint"/> (also as <see cref="IBackchannelAcceptor"/>).</summary>
    public static IServiceCollection AddBackchannelTransport(this IServiceCollection services)
    {
        services.TryAddSingleton<BackchannelEndPoint>();
        services.TryAddSingleton<IBackchannelAcceptor>(provider => provider.GetRequiredService<BackchannelEndPoint>());

        // Kestrel asks its transports in turn whether they can bind an end point; the socket transport stays for all others.
        services.AddSingleton<IConnectionListenerFactory, BackchannelTransport>();
        return services;
    }

    /// <summary>
    /// Listens on the process's <see cref="BackchannelEndPoint"/>. Requests that arrive this way have an <see cref="INodeConnectionFeature"/>.
    /// </summary>
    public static void ListenBackchannel(this KestrelServerOptions options)
    {
        var endPoint = options.ApplicationServices.GetRequiredService<BackchannelEndPoint>();
        options.AllowAlternateSchemes = true;
        options.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
