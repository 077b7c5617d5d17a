using System.Reflection;
using Orleans;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Calls;

namespace Praefect.Grains.Embedded.Grains;

/// <summary>The grain classes of the registered assemblies, by name and by the interfaces that they implement.</summary>
internal sealed class GrainClasses
{
    private readonly Dictionary<GrainType, GrainClass> _byType = [];
    private readonly Dictionary<Type, List<GrainClass>> _byInterface = [];

    internal GrainClasses(IEnumerable<Type> types)
    {
        var errors = new List<string>();
        foreach (var type in types.Distinct())
        {
            try
            {
                Add(new GrainClass(type), errors);
            }
            catch (InvalidOperationException error)
            {
                errors.Add(error.Message);
            }
        }

        if (errors.Count > 0) throw new InvalidOperationException("Grain classes that cannot run:\n  " + string.Join("\n  ", errors.Distinct(StringComparer.Ordinal)));
    }

    internal static IEnumerable<Type> In(Assembly assembly) => assembly.GetTypes().Where(static type =>
        type is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false }
        && typeof(IGrainBase).IsAssignableFrom(type) && typeof(IGrain).IsAssignableFrom(type));

    internal GrainClass? Find(GrainType type) => _byType.GetValueOrDefault(type);

    internal GrainClass For(Type interfaceType, string? prefix)
    {
        if (!_byInterface.TryGetValue(interfaceType, out var all))
            throw new ArgumentException($"Could not find an implementation for interface {interfaceType}: register the assembly that holds it.", nameof(interfaceType));
        var matching = prefix is null ? all : all.FindAll(c => c.Type.FullName!.StartsWith(prefix, StringComparison.Ordinal));
        if (matching.Count == 1) return matching[0];
        // The class that is named after the interface wins, as in Orleans.
        return matching.Find(c => interfaceType.Name.AsSpan(1).SequenceEqual(c.Type.Name))
            ?? throw new ArgumentException(
                $"{matching.Count} classes implement {interfaceType}{(prefix is null ? "" : $" with prefix {prefix}")}: {string.Join(", ", all.Select(static c => c.Type.FullName))}",
                nameof(interfaceType));
    }

    private void Add(GrainClass added, List<string> errors)
    {
        if (!_byType.TryAdd(added.GrainType, added))
            errors.Add($"{added.Type} and {_byType[added.GrainType].Type} have the same grain type '{added.GrainType}': give one a [GrainType].");
        foreach (var face in added.Type.GetInterfaces().Where(static face => typeof(IAddressable).IsAssignableFrom(face)))
        {
            if (!_byInterface.TryGetValue(face, out var classes)) _byInterface.Add(face, classes = []);
            classes.Add(added);
            errors.AddRange(GrainInterface.Of(face).Errors);
        }
    }
}
