using System.Text;
using Google.Protobuf;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.References;

/// <summary>
/// Git's own rules for reference names, checked before a name reaches any command: names come from requests, and one with a line feed
/// or a NUL would be read as more than one command by <c>update-ref --stdin</c>.
/// </summary>
public static class ReferenceName
{
    private static readonly Encoding Strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name as text, when it is a full one (<c>refs/…</c>) by git's rules.</summary>
    /// <exception cref="GrpcException">InvalidArgument.</exception>
    public static string Check(ByteString name)
    {
        var text = Decode(name);
        return IsFull(text) ? text : throw Invalid(text);
    }

    /// <summary>Bytes from a request as text that holds neither NUL nor line feed and does not look like an option.</summary>
    /// <exception cref="GrpcException">InvalidArgument.</exception>
    public static string CheckRevision(ByteString revision)
    {
        var text = Decode(revision);
        if (text.Length == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "empty revision");
        }

        if (text[0] == '-')
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "revision can't start with '-'");
        }

        if (text.Any(c => char.IsControl(c) || c == ' '))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "revision can't contain whitespace or control characters");
        }

        return text.Contains(':', StringComparison.Ordinal)
            ? throw new GrpcException(GrpcStatusCode.InvalidArgument, "revision can't contain ':'")
            : text;
    }

    /// <summary>Whether <paramref name="name"/> is a full reference name by git's rules (git-check-ref-format).</summary>
    public static bool IsFull(string name)
    {
        if (!name.StartsWith("refs/", StringComparison.Ordinal) || name.EndsWith('.') || name.Contains("..", StringComparison.Ordinal)
            || name.Contains("@{", StringComparison.Ordinal) || name.Any(IsForbidden))
        {
            return false;
        }

        return Array.TrueForAll(name.Split('/'), part => part.Length > 0 && part[0] != '.' && !part.EndsWith(".lock", StringComparison.Ordinal));
    }

    private static bool IsForbidden(char c) => c is < ' ' or ' ' or '~' or '^' or ':' or '?' or '*' or '[' or '\\' or '\u007f';

    private static string Decode(ByteString name)
    {
        try
        {
            return Strict.GetString(name.Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "names and revisions must be UTF-8", exception);
        }
    }

    private static GrpcException Invalid(string text) =>
        new(GrpcStatusCode.InvalidArgument, $"invalid reference name: \"{text.ReplaceLineEndings(" ")}\"");
}
