using System.CommandLine;
using Praefect.Trial.Processes;

namespace Praefect.Benchmarks.Scale;

/// <summary>The command line of <c>scale</c>.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var defaults = new ScaleOptions();
        var repositories = new Option<int>("--repositories") { DefaultValueFactory = _ => defaults.Repositories, Description = "repositories on record" };
        var parts = new Option<string>("--parts")
        {
            DefaultValueFactory = _ => string.Join(",", ScaleOptions.AllParts),
            Description = "1: many on record, 2: cost of what is not used, 3: local and remote grains, 4: spread over silos, 5: on paper, from 1 and 3",
        };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => (int)defaults.Load.TotalSeconds, Description = "length of one load in seconds" };
        var repetitions = new Option<int>("--repetitions") { DefaultValueFactory = _ => defaults.Repetitions, Description = "loads of each case; the median is printed" };
        var streams = new Option<int>("--streams") { DefaultValueFactory = _ => defaults.Streams, Description = "idle calls that stay open" };
        var data = new Option<string?>("--data") { Description = "folder for the database, kept and used again (without it: a temporary one)" };
        var command = new Command("scale", "a million repositories on record, idle streams, many nodes, silos that join; starts everything itself, Postgres included")
        {
            repositories, parts, seconds, repetitions, streams, data,
        };
        command.SetAction((result, ct) => RunAsync(
            new ScaleOptions
            {
                Repositories = result.GetValue(repositories),
                Parts = ScaleOptions.ReadParts(result.GetValue(parts)!),
                Load = TimeSpan.FromSeconds(result.GetValue(seconds)),
                Repetitions = result.GetValue(repetitions),
                Streams = result.GetValue(streams),
                Data = result.GetValue(data),
            },
            ct));
        return command;
    }

    private static async Task<int> RunAsync(ScaleOptions options, CancellationToken cancellationToken)
    {
        if (BenchPostgres.FindBinaries() is not { } binaries)
        {
            await Console.Error.WriteLineAsync("Postgres is not installed (Debian and Ubuntu: sudo apt-get install postgresql)");
            return 2;
        }

        var folder = options.Data ?? Directory.CreateTempSubdirectory("praefect-scale-").FullName;
        try
        {
            await using var bed = new ScaleBed(folder, binaries, TimeProvider.System);
            await bed.StartAsync(cancellationToken);
            await new ScaleRun(bed, options, new Report(Console.Out)).RunAsync(cancellationToken);
            return 0;
        }
        catch (ProcessFailedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            if (options.Data is null)
                Directory.Delete(folder, recursive: true);
        }
    }
}
