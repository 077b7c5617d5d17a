using System.Buffers.Binary;

namespace Praefect.Gateway.Turns;

/// <summary>
/// Takes the bytes that a client sends to git out of the gRPC messages of a push, piece by piece as they come: field 2 of <c>PostReceivePackRequest</c> and of
/// <c>SSHReceivePackRequest</c>. Keeps no bytes.
/// </summary>
internal sealed class PushMessages(PushCommands commands)
{
    private const int PrefixLength = 5;
    private const uint DataTag = (2 << 3) | 2;
    private readonly byte[] _prefix = new byte[PrefixLength];
    private Part _part = Part.Prefix;
    private int _prefixRead;
    private long _left;
    private ulong _number;
    private int _shift;
    private uint _tag;
    private long _field;

    private enum Part
    {
        Prefix,
        Tag,
        Length,
        Value,
        Field,
        Unknown,
    }

    /// <summary>Nothing more can be learned: the list is over, or the messages are not understood (compressed, for example).</summary>
    public bool Over => commands.Complete || commands.GivenUp || _part == Part.Unknown;

    /// <summary>Takes the next bytes of the request's body.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!Over && !bytes.IsEmpty)
        {
            if (_part == Part.Field)
                bytes = PassField(bytes);
            else if (_part == Part.Prefix)
                bytes = PassPrefix(bytes);
            else
                bytes = PassNumber(bytes);
            if (_part is Part.Tag && _left == 0)
                _part = Part.Prefix;
        }
    }

    private ReadOnlySpan<byte> PassPrefix(ReadOnlySpan<byte> bytes)
    {
        _prefix[_prefixRead++] = bytes[0];
        if (_prefixRead == PrefixLength)
        {
            _prefixRead = 0;
            _left = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
            _part = _prefix[0] == 0 ? Part.Tag : Part.Unknown;
        }

        return bytes[1..];
    }

    private ReadOnlySpan<byte> PassNumber(ReadOnlySpan<byte> bytes)
    {
        _number |= (ulong)(bytes[0] & 0x7f) << _shift;
        _shift += 7;
        _left--;
        if ((bytes[0] & 0x80) == 0)
            EndNumber();
        else if (_shift > 63 || _left == 0)
            _part = Part.Unknown;
        return bytes[1..];
    }

    private void EndNumber()
    {
        var number = _number;
        (_number, _shift) = (0, 0);
        if (_part == Part.Tag)
        {
            _tag = (uint)number;
            // Fields of fixed length and groups do not occur in these messages.
            _part = (_tag & 7) switch { 0 => Part.Value, 2 => Part.Length, _ => Part.Unknown };
        }
        else if (_part == Part.Length)
        {
            _field = (long)Math.Min(number, long.MaxValue);
            _part = _field > _left ? Part.Unknown : _field == 0 ? Part.Tag : Part.Field;
        }
        else
        {
            _part = Part.Tag;
        }
    }

    private ReadOnlySpan<byte> PassField(ReadOnlySpan<byte> bytes)
    {
        var count = (int)Math.Min(_field, bytes.Length);
        if (_tag == DataTag)
            commands.Pass(bytes[..count]);
        _field -= count;
        _left -= count;
        if (_field == 0)
            _part = Part.Tag;
        return bytes[count..];
    }
}
