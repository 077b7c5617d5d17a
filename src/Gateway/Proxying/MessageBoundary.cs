using System.Buffers.Binary;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// Follows the length prefixes in a stream of gRPC messages that passes by, so that a stream cut off between two messages (a status can still follow)
/// is told from one cut off inside a message (only a reset is honest). Looks at 5 bytes of each message.
/// </summary>
internal struct MessageBoundary
{
    private const int PrefixLength = 5;
    private long _left;
    private uint _length;
    private int _prefix;

    /// <summary>Messages begun, a cut-off one included.</summary>
    public long Messages { readonly get; private set; }

    /// <summary>Their announced lengths, in bytes, without prefixes.</summary>
    public long PayloadBytes { readonly get; private set; }

    /// <summary>No message is begun and unfinished.</summary>
    public readonly bool Between => _left == 0 && _prefix == 0;

    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left > 0)
            {
                var skip = (int)Math.Min(_left, bytes.Length);
                _left -= skip;
                bytes = bytes[skip..];
            }
            else if (_prefix == 0 && bytes.Length >= PrefixLength)
            {
                Begin(BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]));
                bytes = bytes[PrefixLength..];
            }
            else
            {
                _length = _prefix == 0 ? 0 : (_length << 8) | bytes[0];
                bytes = bytes[1..];
                if (++_prefix == PrefixLength)
                {
                    _prefix = 0;
                    Begin(_length);
                }
            }
        }
    }

    private void Begin(uint length)
    {
        _left = length;
        Messages++;
        PayloadBytes += length;
    }
}
