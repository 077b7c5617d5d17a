using System.Runtime.CompilerServices;
using System.Text;
using Praefect.Wire.Contract;

namespace Praefect.Wire.Framing;

/// <summary>One replaced stretch of a message.</summary>
/// <param name="Offset">Where it starts in the original.</param>
/// <param name="Removed">How many original bytes it replaces.</param>
/// <param name="Tag">One-byte field tag to write first; 0: none.</param>
/// <param name="Length">Length varint to write.</param>
/// <param name="Text">The text to write behind the length; null: none, the stretch is an enclosing length.</param>
internal readonly record struct FrameEdit(int Offset, int Removed, byte Tag, int Length, string? Text)
{
    public int Added => (Tag == 0 ? 0 : 1) + Varint.Size(Length) + (Text is null ? 0 : Length);
}

/// <summary>The edits of one message, in order and without overlap, gathered without allocating.</summary>
internal ref struct FrameEdits
{
    // Two repositories of at most MaxSteps enclosing lengths and two fields each.
    public const int Capacity = 2 * (FieldPath.MaxSteps + 2);

    private EditList _edits;
    private int _count;
    private int _delta;

    [InlineArray(Capacity)]
    private struct EditList
    {
        private FrameEdit _first;
    }

    /// <summary>How many bytes the message grows (shrinks, where negative).</summary>
    public readonly int Delta => _delta;

    /// <summary>Sets storage name and relative path of the repository at <paramref name="location"/>, and every length around them.</summary>
    public void AddRepository(in RepositoryLocation location, int depth, string storage, string relativePath)
    {
        var repository = location.Chain[depth - 1];
        var first = Field(location.StorageName, repository, RepositoryLocator.StorageNameTag, storage);
        var second = Field(location.RelativePath, repository, RepositoryLocator.RelativePathTag, relativePath);
        if (second.Offset < first.Offset)
        {
            (first, second) = (second, first);
        }

        // Lengths change from the inside out, but stand in the message from the outside in.
        var place = _count;
        _count += depth;
        var delta = first.Added - first.Removed + second.Added - second.Removed;
        for (var i = depth - 1; i >= 0; i--)
        {
            var around = location.Chain[i];
            var edit = new FrameEdit(around.LengthStart, around.LengthBytes, 0, around.ContentLength + delta, null);
            delta += edit.Added - edit.Removed;
            _edits[place + i] = edit;
        }

        _edits[_count++] = first;
        _edits[_count++] = second;
        _delta += delta;
    }

    /// <summary>Sets a string field of the request itself.</summary>
    public void AddString(FieldSpan field, int messageLength, uint tag, string text)
    {
        var edit = field.Found ? Replace(field, text) : new FrameEdit(messageLength, 0, (byte)tag, Encoding.UTF8.GetByteCount(text), text);
        _edits[_count++] = edit;
        _delta += edit.Added - edit.Removed;
    }

    /// <summary>Writes <paramref name="message"/> with the edits into <paramref name="output"/>, which holds exactly the new length.</summary>
    public readonly void Write(ReadOnlySpan<byte> message, Span<byte> output)
    {
        var read = 0;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var edit = ref _edits[i];
            message[read..edit.Offset].CopyTo(output);
            output = output[(edit.Offset - read)..];
            read = edit.Offset + edit.Removed;
            if (edit.Tag != 0)
            {
                output[0] = edit.Tag;
                output = output[1..];
            }

            output = output[Varint.Write(output, edit.Length)..];
            if (edit.Text is not null)
            {
                output = output[Encoding.UTF8.GetBytes(edit.Text, output)..];
            }
        }

        message[read..].CopyTo(output);
    }

    // A value in an earlier, merged occurrence is left alone: the one written into the last occurrence wins over it.
    private static FrameEdit Field(FieldSpan field, FieldSpan repository, uint tag, string text) =>
        field.Found && field.ContentStart > repository.ContentStart
            ? Replace(field, text)
            : new FrameEdit(repository.ContentEnd, 0, (byte)tag, Encoding.UTF8.GetByteCount(text), text);

    private static FrameEdit Replace(FieldSpan field, string text) =>
        new(field.LengthStart, field.LengthBytes + field.ContentLength, 0, Encoding.UTF8.GetByteCount(text), text);
}

/// <summary>Base-128 numbers.</summary>
internal static class Varint
{
    public static int Size(int value) => value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

    public static int Write(Span<byte> output, int value)
    {
        var count = 0;
        for (var rest = (uint)value; ; rest >>= 7)
        {
            output[count++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                return count;
            }
        }
    }
}
