using System.Text;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Framing;

/// <summary>Reads and replaces the routing fields of a serialized request without decoding the rest of it. The result means to any protobuf parser
/// what parsing, changing the fields and serializing would mean; every byte outside the changed values and the lengths around them stays as it is.</summary>
public static class RequestRewriter
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the repository at <paramref name="path"/>. Where it occurs several times, protobuf's merging decides.</summary>
    /// <exception cref="GrpcException">Internal: the bytes are not protobuf.</exception>
    public static RepositoryFields ReadRepository(ReadOnlySpan<byte> message, FieldPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var location = RepositoryLocator.Find(message, path);
        return location.Present
            ? new RepositoryFields(true, Text(message, location.StorageName), Text(message, location.RelativePath))
            : RepositoryFields.None;
    }

    /// <summary>Reads the string at <paramref name="path"/>, a field of the request itself; empty if unset.</summary>
    /// <exception cref="GrpcException">Internal: the bytes are not protobuf.</exception>
    public static string ReadString(ReadOnlySpan<byte> message, FieldPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Text(message, FindString(message, path));
    }

    /// <summary>Makes the frame for one node: the target's storage name and relative path replaced, and the additional repository's where it is set
    /// and <paramref name="additionalReplicaPath"/> is given.</summary>
    /// <exception cref="GrpcException">Internal: the bytes are not protobuf. InvalidArgument: the target is not set.</exception>
    public static RewrittenFrame Rewrite(FirstFrame frame, RpcMethod method, string storage, string replicaPath, string? additionalReplicaPath)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(replicaPath);
        var message = PlainMessage(frame);
        var path = method.Target ?? throw new ArgumentException($"{method.Path} has no target repository", nameof(method));
        var target = RepositoryLocator.Find(message, path);
        if (!target.Present)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        }

        var edits = default(FrameEdits);
        if (additionalReplicaPath is null || method.AdditionalRepository is not { } otherPath)
        {
            edits.AddRepository(target, path.Steps.Length, storage, replicaPath);
            return Apply(message, edits);
        }

        var other = RepositoryLocator.Find(message, otherPath);
        var otherFirst = other.Present && other.Chain[0].LengthStart < target.Chain[0].LengthStart;
        if (otherFirst)
        {
            edits.AddRepository(other, otherPath.Steps.Length, storage, additionalReplicaPath);
        }

        edits.AddRepository(target, path.Steps.Length, storage, replicaPath);
        if (other.Present && !otherFirst)
        {
            edits.AddRepository(other, otherPath.Steps.Length, storage, additionalReplicaPath);
        }

        return Apply(message, edits);
    }

    /// <summary>Makes the frame of a storage-scoped RPC for one node: the storage name replaced.</summary>
    /// <exception cref="GrpcException">Internal: the bytes are not protobuf.</exception>
    public static RewrittenFrame RewriteStorage(FirstFrame frame, RpcMethod method, string storage)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(storage);
        var message = PlainMessage(frame);
        var path = method.Storage ?? throw new ArgumentException($"{method.Path} has no storage name", nameof(method));
        var edits = default(FrameEdits);
        edits.AddString(FindString(message, path), message.Length, path.Steps[0].Tag, storage);
        return Apply(message, edits);
    }

    private static ReadOnlySpan<byte> PlainMessage(FirstFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return frame.Compressed ? throw new ArgumentException("the frame is compressed: inflate it first", nameof(frame)) : frame.Message.Span;
    }

    private static RewrittenFrame Apply(ReadOnlySpan<byte> message, in FrameEdits edits)
    {
        var length = message.Length + edits.Delta;
        var frame = new RewrittenFrame(MessagePrefix.Size + length);
        var output = frame.Memory.Span;
        MessagePrefix.Write(output, length);
        edits.Write(message, output[MessagePrefix.Size..]);
        return frame;
    }

    private static FieldSpan FindString(ReadOnlySpan<byte> message, FieldPath path)
    {
        if (path.Steps.Length != 1)
        {
            throw new ArgumentException("a storage name lies in the request itself", nameof(path));
        }

        var wanted = path.Steps[0].Tag;
        var found = default(FieldSpan);
        var reader = new WireReader(message, 0, message.Length);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == wanted)
            {
                found = RepositoryLocator.ReadField(ref reader);
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return found;
    }

    private static string Text(ReadOnlySpan<byte> message, FieldSpan field)
    {
        try
        {
            return field.ContentLength == 0 ? "" : s_strictUtf8.GetString(message.Slice(field.ContentStart, field.ContentLength));
        }
        catch (DecoderFallbackException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, "storage name or relative path is not valid UTF-8", e);
        }
    }
}
