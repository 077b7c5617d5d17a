using System.Globalization;

namespace Praefect.Silo.Configuration;

/// <summary>The file of <c>auth.token_file</c>: a secret that only its owner may read.</summary>
internal static class TokenFile
{
    /// <summary>Largest secret, in bytes; anything longer is a file given by mistake.</summary>
    public const long BytesMax = 64 * 1024;

    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What is wrong with the file; null when it holds a secret. An empty one would switch authentication off behind the operator's back.</summary>
    public static string? Problem(string path) => Read(path, out var problem) is null ? problem : null;

    /// <summary>The secret without white space round it; null with the problem where there is none.</summary>
    public static string? Read(string path, out string problem)
    {
        problem = string.Empty;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                problem = $"doesn't exist: \"{path}\"";
            else if (!OperatingSystem.IsWindows() && file.UnixFileMode is not (ReadWrite or UnixFileMode.UserRead))
                problem = $"mode of \"{path}\" must be 0600 or 0400, but is {Octal(file.UnixFileMode)}";
            else if (file.Length > BytesMax)
                problem = $"\"{path}\" is larger than {BytesMax} bytes";
            if (problem.Length > 0)
                return null;
            var secret = File.ReadAllText(path).Trim();
            if (secret.Length > 0)
                return secret;
            problem = $"\"{path}\" is empty: put the secret into it, or remove token_file to let everybody call";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {e.Message}";
        }

        return null;
    }

    private static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8).PadLeft(3, '0').ToString(CultureInfo.InvariantCulture);
}
