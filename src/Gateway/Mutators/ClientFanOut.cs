using System.IO.Pipelines;

namespace Praefect.Gateway.Mutators;

/// <summary>
/// Copies what the client still sends to all destinations of a write, in step: a piece is given back to the client's pipe when every destination has taken
/// it, so nothing is buffered here and the slowest destination slows the client. No destination ever waits for bytes that another one has, so nodes that
/// wait for each other's votes cannot starve one another.
/// </summary>
internal static class ClientFanOut
{
    /// <summary>Runs to the client's half-close, or until no destination takes more.</summary>
    /// <param name="client">The client's pipe.</param>
    /// <param name="contents">The destinations.</param>
    /// <param name="admission">Waited for before anything is taken from the client; when it fails, the destinations get nothing. Null: none.</param>
    /// <param name="cancellationToken">The call has ended.</param>
    public static async Task RunAsync(PipeReader client, IReadOnlyList<FanOutContent> contents, Func<CancellationToken, Task>? admission, CancellationToken cancellationToken)
    {
        var writes = new Task[contents.Count];
        try
        {
            if (admission is not null)
                await admission(cancellationToken);
            while (!contents.All(c => c.Closed))
            {
                var result = await client.ReadAsync(cancellationToken);
                try
                {
                    for (var i = 0; i < writes.Length; i++)
                        writes[i] = contents[i].WriteAsync(result.Buffer, flush: true);
                    await Task.WhenAll(writes);
                }
                finally
                {
                    client.AdvanceTo(result.Buffer.End);
                }

                if (!result.IsCompleted)
                    continue;
                foreach (var content in contents)
                    content.Complete();
                return;
            }
        }
        catch (Exception)
        {
            // The client broke off or the call ended. Not a half-close: a destination must never take a cut-off stream for a whole one.
            foreach (var content in contents)
                content.BreakOff(clientGone: !cancellationToken.IsCancellationRequested);
        }
    }
}
