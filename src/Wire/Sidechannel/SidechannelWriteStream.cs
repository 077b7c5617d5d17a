using Praefect.Wire.Streams;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>Writes leave as frames, at once; disposing sends <c>0000</c>, once.</summary>
internal sealed class SidechannelWriteStream(YamuxStream stream) : AsyncOnlyStream
{
    private bool _ended;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        SidechannelFraming.WriteAsync(stream, buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            _ended = true;
            await SidechannelFraming.WriteEndAsync(stream, CancellationToken.None);
        }

        await base.DisposeAsync();
    }
}
