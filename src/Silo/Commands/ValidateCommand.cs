using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Commands;

/// <summary><c>configuration validate</c>: TOML on standard input, every mistake as JSON on standard output.</summary>
internal sealed class ValidateCommand(CommandConsole console)
{
    /// <summary>Exit status of a configuration with mistakes.</summary>
    public const int Faulty = 2;

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The command <c>configuration</c> with this one in it.</summary>
    public Command Create()
    {
        var superfluous = Misuse.Superfluous();
        var validate = new Command("validate", "Check the configuration on standard input: nothing and exit status 0 when it is good, JSON and 2 when it is not") { superfluous };
        validate.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(superfluous) is not { Length: > 0 })
                return await RunAsync(cancellationToken);
            await Misuse.ShowHelpAsync(validate, console, cancellationToken);
            await console.Errors.WriteLineAsync("invalid argument(s)");
            return 1;
        });
        var configuration = new Command("configuration", "Commands on configuration files") { validate };
        configuration.SetAction((_, cancellationToken) => Misuse.ShowHelpAsync(configuration, console, cancellationToken));
        return configuration;
    }

    /// <summary>Checks; the exit status.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var faults = Check(await console.Input.ReadToEndAsync(cancellationToken)).ToList();
        if (faults.Count == 0)
            return 0;
        await console.Output.WriteAsync(JsonSerializer.Serialize(new { errors = faults.Select(Entry) }, Format) + "\n");
        return Faulty;
    }

    private static IEnumerable<ConfigurationFault> Check(string toml)
    {
        try
        {
            return PraefectOptionsValidator.Find(ConfigurationFile.Read(toml));
        }
        catch (ConfigurationException e)
        {
            return e.Problems.Select(static problem => new ConfigurationFault([], ConfigurationFile.WithoutPrefix(problem)));
        }
    }

    // A mistake of the whole file has no key at all.
    private static Dictionary<string, object> Entry(ConfigurationFault fault) => fault.Key.Count == 0
        ? new(StringComparer.Ordinal) { ["message"] = fault.Message! }
        : new(StringComparer.Ordinal) { ["key"] = fault.Key, ["message"] = fault.Message! };
}
