using System.Security.Cryptography;
using System.Text;

namespace Praefect.Database;

/// <summary>One script of <c>sql/</c>.</summary>
/// <param name="Id">File name without ending, for example <c>002_membership</c>; scripts run in the order of their ids.</param>
/// <param name="Text">The statements. Running them again changes nothing.</param>
public sealed record MigrationScript(string Id, string Text)
{
    /// <summary>SHA-256 of the text in lower-case hex. Line endings do not count, so that a checkout on Windows has the same.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))));
}
