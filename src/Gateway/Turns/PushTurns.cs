using System.Collections.Immutable;
using System.IO.Pipelines;

namespace Praefect.Gateway.Turns;

/// <summary>
/// On what a push takes its turn: what it will touch stands at the head of its stream, so that is looked at before anything of it goes to a node, and stays in the
/// client's pipe until all its references have their turn. The nodes have long sent their references by then, and git sends the list without waiting for anything,
/// so nobody misses what is held back.
/// </summary>
internal static class PushTurns
{
    /// <summary>Bytes of a request's body that are looked at; a list within <see cref="PushCommands.MaxBytes"/> in ever so small messages ends before.</summary>
    private const int MaxLookedAt = 256 * 1024;

    /// <summary>Reads the command list without taking anything out of the pipe: the next read starts where the first one did.</summary>
    public static async Task<ImmutableArray<string>> ReadKeysAsync(PipeReader client, CancellationToken cancellationToken)
    {
        var commands = new PushCommands();
        var messages = new PushMessages(commands);
        for (var seen = 0L; ;)
        {
            var result = await client.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            foreach (var segment in buffer.Slice(seen))
                messages.Pass(segment.Span);
            if (messages.Over || result.IsCompleted || buffer.Length > MaxLookedAt)
            {
                // What came last counts as not examined, or the next read would wait for more.
                client.AdvanceTo(buffer.Start, buffer.GetPosition(seen));
                return commands.Keys;
            }

            seen = buffer.Length;
            client.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
