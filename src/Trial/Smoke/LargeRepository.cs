using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Praefect.Trial.Smoke;

/// <summary>Makes a repository that is hard to carry: a large incompressible blob, hundreds of commits and branches, annotated tags.</summary>
internal static class LargeRepository
{
    /// <summary>Bytes of the blob, which no compression makes smaller.</summary>
    public const int BlobBytes = 52 * 1024 * 1024;

    /// <summary>Commits, each on a branch of its own beside the main branch.</summary>
    public const int Commits = 400;

    /// <summary>Annotated tags.</summary>
    public const int Tags = 60;

    public static async Task MakeAsync(GitClient git, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await git.DoAsync(folder, cancellationToken, "init", "--bare", "--quiet", ".");
        await git.FeedAsync(folder, WriteAsync, cancellationToken, "fast-import", "--quiet");
    }

    private static async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await TextAsync(stream, $"blob\nmark :1\ndata {BlobBytes}\n", cancellationToken);
        var piece = new byte[1024 * 1024];
        for (var left = BlobBytes; left > 0; left -= piece.Length)
        {
            RandomNumberGenerator.Fill(piece);
            await stream.WriteAsync(piece.AsMemory(0, Math.Min(left, piece.Length)), cancellationToken);
        }

        await TextAsync(stream, "\n", cancellationToken);
        for (var i = 1; i <= Commits; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"file {i}\n");
            await TextAsync(
                stream,
                string.Create(CultureInfo.InvariantCulture, $"commit refs/heads/main\nmark :{i + 1}\ncommitter Trial <trial@example.invalid> {1_700_000_000 + i} +0000\n")
                + Data(string.Create(CultureInfo.InvariantCulture, $"Commit {i}"))
                + (i == 1 ? "M 100644 :1 large.bin\n" : string.Empty)
                + string.Create(CultureInfo.InvariantCulture, $"M 100644 inline files/{i % 20}/{i}.txt\n") + Data(text)
                + string.Create(CultureInfo.InvariantCulture, $"reset refs/heads/branch/{i}\nfrom :{i + 1}\n\n"),
                cancellationToken);
        }

        for (var i = 1; i <= Tags; i++)
        {
            await TextAsync(
                stream,
                string.Create(CultureInfo.InvariantCulture, $"tag v{i}\nfrom :{i + 1}\ntagger Trial <trial@example.invalid> {1_700_001_000 + i} +0000\n")
                + Data(string.Create(CultureInfo.InvariantCulture, $"Version {i}")),
                cancellationToken);
        }
    }

    private static string Data(string text) => string.Create(CultureInfo.InvariantCulture, $"data {text.Length}\n{text}\n");

    private static async Task TextAsync(Stream stream, string text, CancellationToken cancellationToken) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancellationToken);
}
