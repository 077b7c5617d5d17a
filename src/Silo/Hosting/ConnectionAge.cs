using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Bounds the age of clients' connections. HTTP/2 clients keep one connection for good, so a gateway that joins would get none of them. An old connection is told
/// to go away, which lets its calls end and makes the client connect anew. Connections differ by a tenth, so that they do not all come at once.
/// Sessions with a backchannel are left alone: their sidechannels have no way to move.
/// </summary>
internal sealed class ConnectionAge(TimeSpan age, TimeProvider time)
{
    private const int Buckets = 201;
    private int _accepted;

    public void Limit(ListenOptions listen)
    {
        if (age <= TimeSpan.Zero)
            return;
        listen.Use(next => async connection =>
        {
            var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
            await using var timer = time.CreateTimer(static feature => ((IConnectionLifetimeNotificationFeature?)feature)?.RequestClose(), lifetime, Next(), Timeout.InfiniteTimeSpan);
            await next(connection);
        });
    }

    /// <summary>From 0.9 to 1.1 of the age. A stride through the range spreads neighbours further than chance would.</summary>
    internal TimeSpan Next()
    {
        const int Stride = 89;
        var bucket = (uint)Interlocked.Increment(ref _accepted) * Stride % Buckets;
        return age * (0.9 + bucket / 1000.0);
    }
}
