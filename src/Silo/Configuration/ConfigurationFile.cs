using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Praefect.Silo.Configuration;

/// <summary>A configuration that was read and found to be usable.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Warnings">What the operator should know: keys without meaning, settings without effect.</param>
public sealed record LoadedConfiguration(PraefectOptions Options, ImmutableArray<string> Warnings);

/// <summary>Reads configuration files.</summary>
public static class ConfigurationFile
{
    /// <summary>Largest file that is read.</summary>
    public const long BytesMax = 16 * 1024 * 1024;

    /// <summary>In front of whatever is wrong before a configuration can be judged.</summary>
    internal const string ReadingPrefix = "error reading config file: ";

    /// <summary>In front of what is wrong with settings that could be read.</summary>
    internal const string ValidatingPrefix = "validating config: ";

    /// <summary>Reads a file, runs its configuration command if it names one, and validates the result. <paramref name="role"/> wins over the file's.</summary>
    /// <exception cref="ConfigurationException">It cannot be read or used; all reasons at once.</exception>
    public static async Task<LoadedConfiguration> LoadAsync(string path, TimeProvider time, CancellationToken cancellationToken, string? role = null)
    {
        var table = TomlDocument.Read(await ReadAsync(path, cancellationToken));
        if (table.TryGet("config_command", out var command) && command.Value is string { Length: > 0 } executable)
            Overlay(table, await ConfigurationCommand.RunAsync(executable, time, cancellationToken));
        return Bind(table, role);
    }

    /// <summary>The same for a text at hand; a configuration command is not run.</summary>
    /// <exception cref="ConfigurationException">It cannot be used; all reasons at once.</exception>
    public static LoadedConfiguration Load(string toml) => Bind(TomlDocument.Read(toml), role: null);

    /// <summary>What a text says, without judging whether it can be used.</summary>
    /// <exception cref="ConfigurationException">It is not TOML, or values have the wrong type.</exception>
    internal static PraefectOptions Read(string toml)
    {
        var problems = new SettingsProblems();
        var options = OptionsBinder.Bind(new SettingsSection(TomlDocument.Read(toml), string.Empty, problems));
        return problems.Errors.Count == 0 ? options : throw new ConfigurationException([.. problems.Errors.Select(error => ReadingPrefix + error)]);
    }

    /// <summary>A problem of reading without saying that it is one of reading.</summary>
    internal static string WithoutPrefix(string problem) =>
        problem.StartsWith(ReadingPrefix, StringComparison.Ordinal) ? problem[ReadingPrefix.Length..] : problem;

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > BytesMax)
                throw new ConfigurationException($"{ReadingPrefix}{path} is larger than {BytesMax} bytes");
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(await File.ReadAllBytesAsync(path, cancellationToken));
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException($"{ReadingPrefix}{path} is not UTF-8 text");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException($"{ReadingPrefix}open {path}: no such file or directory");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{ReadingPrefix}open {path}: {e.Message}");
        }
    }

    private static void Overlay(ConfigurationTable table, string json)
    {
        try
        {
            ConfigurationJson.Overlay(table, json);
        }
        catch (JsonException e)
        {
            throw new ConfigurationException($"{ReadingPrefix}unmarshalling generated config: {e.Message}");
        }
    }

    private static LoadedConfiguration Bind(ConfigurationTable table, string? role)
    {
        var problems = new SettingsProblems();
        var root = new SettingsSection(table, string.Empty, problems);
        var options = OptionsBinder.Bind(root) with { AccessLog = AccessLogOptions.OfProcess() };
        if (role is not null)
            options = options with { Silo = options.Silo with { Role = role } };
        ImmutableArray<string> errors =
        [
            .. problems.Errors.Select(error => ReadingPrefix + error),
            .. new PraefectOptionsValidator().Validate(name: null, options).Failures?.Select(static error => ValidatingPrefix + error) ?? [],
        ];
        if (errors.Length > 0)
            throw new ConfigurationException(errors);
        if (options.Auth.TokenFile.Length > 0)
            options = options with { Auth = options.Auth with { Token = Secret(options.Auth.TokenFile), TokenFile = "" } };
        return new LoadedConfiguration(options, [.. Warnings(options, [.. root.UnknownKeys()])]);
    }

    private static string Secret(string tokenFile) =>
        TokenFile.Read(tokenFile, out var problem) ?? throw new ConfigurationException($"{ValidatingPrefix}auth.token_file: {problem}");

    private static IEnumerable<string> Warnings(PraefectOptions options, ImmutableArray<string> unknown)
    {
        if (unknown.Length > 0)
            yield return $"configuration keys that mean nothing here: {string.Join(", ", unknown.Distinct(StringComparer.Ordinal))}";
        var ineffective = string.Join(", ", IneffectiveOptions.Find(options));
        if (ineffective.Length > 0)
            yield return $"settings without an effect here: {ineffective}";
        foreach (var virtualStorage in options.VirtualStorages)
        {
            var shared = virtualStorage.Nodes.GroupBy(node => node.Address, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
            if (shared.Count > 0)
            {
                yield return $"virtual storage \"{virtualStorage.Name}\": more than one backend node is hosted at same address ({string.Join(", ", shared)}): "
                    + "your Praefect configuration may not offer actual redundancy";
            }
        }
    }
}
