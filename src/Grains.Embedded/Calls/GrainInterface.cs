using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;

namespace Praefect.Grains.Embedded.Calls;

/// <summary>The methods of a grain or observer interface, inherited ones included, each prepared once.</summary>
internal sealed class GrainInterface
{
    private static readonly ConcurrentDictionary<Type, GrainInterface> Known = new();

    private readonly FrozenDictionary<MethodInfo, GrainMethod> _methods;

    private GrainInterface(Type type)
    {
        _methods = type.GetInterfaces().Prepend(type)
            .SelectMany(static face => face.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(static method => method.IsAbstract)
            .ToFrozenDictionary(static method => method, GrainMethod.Of);
    }

    /// <summary>What is wrong with its methods; such a method throws when it is called.</summary>
    internal IEnumerable<string> Errors => _methods.Values.Select(static method => method.Error).OfType<string>();

    internal static GrainInterface Of(Type type) => Known.GetOrAdd(type, static type => new GrainInterface(type));

    internal GrainMethod Method(MethodInfo method) => _methods.TryGetValue(method, out var known)
        ? known
        : throw new NotSupportedException($"{method.DeclaringType}.{method.Name} cannot be called through a reference: generic methods are not supported.");
}
