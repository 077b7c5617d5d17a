using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Makes a serializer of Orleans' that nobody uses, while the configuration is read and services are registered. Most of what its first one costs is loading the
/// types of all grains and messages, which is the largest part of a start that needs nothing from what comes before it; the silo's own then finds them loaded.
/// </summary>
internal static class EarlySerializer
{
    /// <summary>Begins; the task ends with the types loaded.</summary>
    public static Task BeginAsync() => Environment.ProcessorCount == 1 ? Task.CompletedTask : Task.Run(Make);

    private static void Make()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        services.GetRequiredService<Serializer>();
        services.GetRequiredService<DeepCopier>();
    }
}
