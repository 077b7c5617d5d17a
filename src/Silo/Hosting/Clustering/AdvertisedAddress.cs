using System.Net;
using System.Net.Sockets;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting.Clustering;

/// <summary>The address under which the other processes of the cluster reach this silo.</summary>
internal static class AdvertisedAddress
{
    /// <summary>
    /// As configured; loopback where nothing is; for <c>auto</c> the address of this machine on the way to the database, which all processes of a cluster share.
    /// </summary>
    /// <exception cref="StartException">The way to the database cannot be found.</exception>
    public static async Task<IPAddress> FindAsync(SiloSettings settings, DatabaseOptions database, CancellationToken cancellationToken)
    {
        if (settings.AdvertisedAddress.Length == 0)
            return IPAddress.Loopback;
        if (!string.Equals(settings.AdvertisedAddress, SiloSettings.AutomaticAddress, StringComparison.Ordinal))
            return IPAddress.Parse(settings.AdvertisedAddress);
        var host = database.Host.Split(',')[0].Trim();
        if (host.Length == 0 || host.StartsWith('/'))
            return IPAddress.Loopback;
        try
        {
            // Connecting a datagram socket sends nothing; it only chooses the way. The port does not matter for that.
            const int AnyPort = 5432;
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(host, AnyPort, cancellationToken);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException e)
        {
            throw new StartException($"silo.advertised_address \"auto\" finds no way to the database host \"{host}\": {e.Message}; write the address instead", e);
        }
    }
}
