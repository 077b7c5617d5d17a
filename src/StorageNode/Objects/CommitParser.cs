using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Objects;

/// <summary>Reads git's text of a commit into the message of the wire.</summary>
public static class CommitParser
{
    /// <summary>Body bytes that a response carries: 10 MiB, as Gitaly's limit for commits and tags. <c>body_size</c> tells the true size.</summary>
    public const int MaxBodyBytes = 10 * 1024 * 1024;

    /// <summary>Parses the raw object: headers, an empty line, the message.</summary>
    public static GitCommit Parse(string id, ReadOnlySpan<byte> raw)
    {
        var commit = new GitCommit { Id = id };
        while (!raw.IsEmpty)
        {
            var end = raw.IndexOf((byte)'\n');
            var line = end < 0 ? raw : raw[..end];
            raw = end < 0 ? default : raw[(end + 1)..];
            if (line.IsEmpty)
            {
                break;
            }

            ReadHeader(commit, line);
        }

        ReadMessage(commit, raw);
        return commit;
    }

    private static void ReadHeader(GitCommit commit, ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        if (space <= 0)
        {
            return; // The continuation of a header with several lines, such as a signature.
        }

        var value = line[(space + 1)..];
        switch (Encoding.ASCII.GetString(line[..space]))
        {
            case "tree":
                commit.TreeId = Encoding.ASCII.GetString(value);
                break;
            case "parent":
                commit.ParentIds.Add(Encoding.ASCII.GetString(value));
                break;
            case "author":
                commit.Author = ReadAuthor(value);
                break;
            case "committer":
                commit.Committer = ReadAuthor(value);
                break;
            case "encoding":
                commit.Encoding = Encoding.ASCII.GetString(value);
                break;
            case "gpgsig":
                commit.SignatureType = SignatureOf(value);
                break;
            default:
                break;
        }
    }

    private static SignatureType SignatureOf(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith("-----BEGIN SSH"u8))
        {
            return SignatureType.Ssh;
        }

        return first.StartsWith("-----BEGIN SIGNED MESSAGE"u8) ? SignatureType.X509 : SignatureType.Pgp;
    }

    private static void ReadMessage(GitCommit commit, ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)'\n');
        var subject = (end < 0 ? body : body[..end]).TrimEnd("\r\n"u8);
        commit.Subject = ByteString.CopyFrom(subject);
        commit.BodySize = body.Length;
        commit.Body = ByteString.CopyFrom(body[..Math.Min(body.Length, MaxBodyBytes)]);
    }

    private static CommitAuthor ReadAuthor(ReadOnlySpan<byte> value)
    {
        // "Name <mail> 1700000000 +0100"; old commits may lack any of it.
        var author = new CommitAuthor();
        var open = value.IndexOf((byte)'<');
        var close = value.LastIndexOf((byte)'>');
        if (open < 0 || close < open)
        {
            author.Name = ByteString.CopyFrom(value);
            return author;
        }

        author.Name = ByteString.CopyFrom(value[..open].Trim((byte)' '));
        author.Email = ByteString.CopyFrom(value[(open + 1)..close]);
        var words = Encoding.ASCII.GetString(value[(close + 1)..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 0 && long.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            author.Date = new Timestamp { Seconds = seconds };
        }

        author.Timezone = ByteString.CopyFromUtf8(words.Length > 1 ? words[1] : "");
        return author;
    }
}
