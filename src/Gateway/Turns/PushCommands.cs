using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Praefect.Grains.Turns;

namespace Praefect.Gateway.Turns;

/// <summary>
/// The command list at the head of a push, as git's pack protocol has it: pkt-lines <c>OLD NEW REF</c>, the first one with capabilities behind a NUL, between lines
/// <c>shallow ID</c> and, in a signed push, those of a certificate, ended by a flush. Every line that looks like a command counts as one. Holds one line at a time.
/// </summary>
internal sealed class PushCommands
{
    /// <summary>Longest list that is read to its end, in bytes; about 600 references.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int HeaderBytes = 4;
    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private readonly ArrayBufferWriter<byte> _packet = new();
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private int _read;
    private int _length = HeaderBytes;
    private bool _inLine;

    /// <summary>The flush was read: the list is complete.</summary>
    public bool Complete { get; private set; }

    /// <summary>The list is too long or is none. It ends nowhere that we know of, so such a push takes no turn.</summary>
    public bool GivenUp { get; private set; }

    /// <summary>What the push touches, sorted; empty unless the list is complete.</summary>
    public ImmutableArray<string> Keys => Complete && !GivenUp ? [.. _keys] : [];

    private bool Over => Complete || GivenUp;

    /// <summary>Takes the next bytes of what the client says to git.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!Over && !bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, _length - _packet.WrittenCount)];
            bytes = bytes[part.Length..];
            _packet.Write(part);
            _read += part.Length;
            if (_read > MaxBytes)
                GivenUp = true;
            else if (_packet.WrittenCount == _length)
                EndPart();
        }
    }

    private void EndPart()
    {
        if (_inLine)
        {
            AddCommand(_packet.WrittenSpan);
            (_inLine, _length) = (false, HeaderBytes);
        }
        else
        {
            ReadHeader(_packet.WrittenSpan);
        }

        _packet.ResetWrittenCount();
    }

    // 4 is an empty line; 1 to 3 have no meaning in a push.
    private void ReadHeader(ReadOnlySpan<byte> header)
    {
        if (!ushort.TryParse(header, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var length) || length is > 0 and < HeaderBytes)
            GivenUp = true;
        else if (length == 0)
            Complete = true;
        else if (length > HeaderBytes)
            (_inLine, _length) = (true, length - HeaderBytes);
    }

    private void AddCommand(ReadOnlySpan<byte> line)
    {
        var capabilities = line.IndexOf((byte)0);
        line = (capabilities < 0 ? line : line[..capabilities]).TrimEnd((byte)'\n');
        var id = line.IndexOf((byte)' ');
        if (id is not (40 or 64) || line.Length <= (2 * id) + 2 || line[(2 * id) + 1] != ' ')
            return;
        var created = line.Slice(id + 1, id);
        if (line[..id].ContainsAnyExcept(s_hex) || created.ContainsAnyExcept(s_hex))
            return;
        _keys.Add(Encoding.UTF8.GetString(line[((2 * id) + 2)..]));
        if (!created.ContainsAnyExcept((byte)'0'))
            _keys.Add(TurnKeys.Deletions);
        GivenUp = _keys.Count > TurnKeys.Most;
    }
}
