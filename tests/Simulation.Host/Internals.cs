using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Orleans.Storage;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// What Orleans keeps to itself and a host cannot do without: which grain the current thread belongs to, and whether the grain that a conflict stops is the one that met
/// it. (A third, the instruments that its storage bridge asks its container for, is in <see cref="OrleansParts"/>.)
/// </summary>
internal static class Internals
{
    private static readonly Action<IGrainContext?> s_setContext = typeof(IGrainContext).Assembly
        .GetType("Orleans.Runtime.RuntimeContext", throwOnError: true)!
        .GetMethod("ResetExecutionContext", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
        .CreateDelegate<Action<IGrainContext?>>();

    /// <summary>From here on the current thread runs code of this grain; null: of none.</summary>
    public static void SetContext(IGrainContext? context) => s_setContext(context);

    /// <summary>Whether the exception comes from this activation. Asked once: it must stop no other one that it passes.</summary>
    public static bool TakeSource(InconsistentStateException exception)
    {
        var source = IsSource(exception);
        if (source)
            SetSource(exception, false);
        return source;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsSourceActivation")]
    private static extern bool IsSource(InconsistentStateException exception);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_IsSourceActivation")]
    private static extern void SetSource(InconsistentStateException exception, bool value);
}
