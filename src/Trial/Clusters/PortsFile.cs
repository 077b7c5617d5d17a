using System.Text.Json;

namespace Praefect.Trial.Clusters;

/// <summary>The ports of the last start, in a file of the cluster's folder.</summary>
internal static class PortsFile
{
    /// <summary>Null where there is none that can be read.</summary>
    public static T? Read<T>(string file)
        where T : class
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<T>(File.ReadAllText(file)) : null;
        }
        catch (JsonException)
        {
            // Written by a process that was killed: new ports do no harm.
            return null;
        }
    }

    public static void Write<T>(string file, T ports)
        where T : class => File.WriteAllText(file, JsonSerializer.Serialize(ports));
}
