using Praefect.Grains;

namespace Praefect.Silo.Configuration;

/// <summary>What the grains do where the file says nothing: the defaults of settings that reach them.</summary>
internal static class GrainDefaults
{
    public static GrainOptions Options { get; } = new();
}
