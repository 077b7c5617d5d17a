using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;
using Praefect.Grains.Embedded.State;

namespace Praefect.Grains.Embedded.Grains;

/// <summary>A grain class: its name in ids, its rules, how to construct it.</summary>
internal sealed class GrainClass
{
    private readonly ConstructorInvoker _construct;
    private readonly Func<Activation, object?>[] _arguments;

    internal GrainClass(Type type)
    {
        Type = type;
        GrainType = GrainType.Create(type.GetCustomAttribute<GrainTypeAttribute>()?.GrainType ?? DefaultName(type));
        Reentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        CollectionAge = type.IsDefined(typeof(KeepAliveAttribute), inherit: true) ? Timeout.InfiniteTimeSpan
            : type.GetCustomAttribute<CollectionAgeLimitAttribute>() is { } limit ? (limit.AlwaysActive ? Timeout.InfiniteTimeSpan : limit.AgeLimit)
            : null;
        var constructors = type.GetConstructors();
        var constructor = constructors.Length == 1
            ? constructors[0]
            : constructors.SingleOrDefault(static c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
              ?? throw new InvalidOperationException(
                  $"{type} needs one public constructor, or one marked [ActivatorUtilitiesConstructor]; it has {constructors.Length}.");
        _construct = ConstructorInvoker.Create(constructor);
        _arguments = [.. constructor.GetParameters().Select(Argument)];
    }

    /// <summary>An object that exists already, behind references.</summary>
    private GrainClass()
    {
        Type = typeof(IGrainObserver);
        GrainType = GrainType.Create("sys.observer");
        CollectionAge = Timeout.InfiniteTimeSpan;
        _construct = null!;
        _arguments = [];
    }

    internal static GrainClass Observer { get; } = new();

    internal Type Type { get; }

    internal GrainType GrainType { get; }

    internal bool Reentrant { get; }

    /// <summary>Of this class; null: the default; infinite: never collected.</summary>
    internal TimeSpan? CollectionAge { get; }

    internal object Create(Activation activation)
    {
        var arguments = new object?[_arguments.Length];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = _arguments[i](activation);
        try
        {
            return _construct.Invoke(arguments.AsSpan());
        }
        catch (TargetInvocationException error) when (error.InnerException is { } inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static string DefaultName(Type type)
    {
        var name = type.Name.ToLowerInvariant();
        return name.EndsWith("grain", StringComparison.Ordinal) && name.Length > 5 ? name[..^5] : name;
    }

    private static Func<Activation, object?> Argument(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state) return PersistentStates.Factory(parameter, state);
        if (type == typeof(IGrainContext)) return static activation => activation;
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
            return activation => ((IKeyedServiceProvider)activation.ActivationServices).GetRequiredKeyedService(type, keyed.Key);
        return parameter.HasDefaultValue
            ? activation => activation.ActivationServices.GetService(type) ?? parameter.DefaultValue
            : activation => activation.ActivationServices.GetRequiredService(type);
    }
}
