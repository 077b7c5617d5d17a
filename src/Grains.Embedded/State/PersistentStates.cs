using System.Reflection;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded.State;

/// <summary>Makes the states that a grain's constructor asks for.</summary>
internal static class PersistentStates
{
    internal static Func<Activation, object> Factory(ParameterInfo parameter, PersistentStateAttribute attribute)
    {
        var type = parameter.ParameterType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new InvalidOperationException($"{parameter.Member.DeclaringType}: [PersistentState] belongs on an IPersistentState<T>, '{parameter.Name}' is {type.Name}.");
        var constructor = ConstructorInvoker.Create(typeof(PersistentState<>).MakeGenericType(type.GetGenericArguments()).GetConstructors()[0]);
        return activation =>
        {
            var state = constructor.Invoke(activation, attribute.StateName);
            activation.Adopt((IActivationState)state);
            return state;
        };
    }
}
