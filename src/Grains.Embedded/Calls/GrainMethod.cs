using System.Linq.Expressions;
using System.Reflection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Praefect.Grains.Embedded.Calls;

/// <summary>One interface method, with everything decided that can be decided before it is called.</summary>
internal abstract class GrainMethod
{
    private readonly ArgumentCopier?[]? _copiers;
    private readonly int _cancellation = -1;

    protected GrainMethod(MethodInfo method)
    {
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        OneWay = method.IsDefined(typeof(OneWayAttribute)) || method.ReturnType == typeof(void);
        Timeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        var parameters = method.GetParameters();
        var problems = new List<string>();
        var copiers = new ArgumentCopier?[parameters.Length];
        foreach (var parameter in parameters)
        {
            if (parameter.ParameterType == typeof(CancellationToken))
            {
                if (_cancellation >= 0) problems.Add($"{Name} has two CancellationToken parameters: one is allowed.");
                _cancellation = parameter.Position;
                continue;
            }

            if (parameter.ParameterType.IsByRef) problems.Add($"{Name}: parameter '{parameter.Name}' is passed by reference, which a call cannot do.");
            else if (!parameter.IsDefined(typeof(ImmutableAttribute)))
                copiers[parameter.Position] = Copier(parameter.ParameterType, $"parameter '{parameter.Name}'", problems);
        }

        if (Array.Exists(copiers, static copier => copier is { PassesAsIs: false })) _copiers = copiers;
        if (ResultType(method.ReturnType) is { } result && !method.ReturnParameter.IsDefined(typeof(ImmutableAttribute)))
            ResultCopier = Copier(result, "result", problems) is { PassesAsIs: false } copier ? copier : null;
        if (problems.Count > 0) Error = string.Join(" ", problems);
    }

    internal string Name { get; }

    internal bool ReadOnly { get; }

    internal bool AlwaysInterleave { get; }

    internal bool OneWay { get; }

    /// <summary>Of this method; null: the default.</summary>
    internal TimeSpan? Timeout { get; }

    /// <summary>Why the method cannot be called; null when it can.</summary>
    internal string? Error { get; }

    protected ArgumentCopier? ResultCopier { get; }

    internal static GrainMethod Of(MethodInfo method)
    {
        if (method.IsGenericMethodDefinition) return new RefusedMethod(method, "generic methods are not supported.");
        var type = method.ReturnType;
        if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask)) return new VoidMethod(method);
        if (ResultType(type) is not { } result)
            return new RefusedMethod(method, $"returns {type.Name}: a method must return Task, Task<T>, ValueTask or ValueTask<T> (or void, of an observer).");
        return (GrainMethod)Activator.CreateInstance(typeof(ResultMethod<>).MakeGenericType(result), method)!;
    }

    internal object? Call(GrainReference reference, object?[] args)
    {
        if (Error is not null) throw new NotSupportedException(Error);
        if (_copiers is not null)
        {
            for (var i = 0; i < _copiers.Length; i++) args[i] = _copiers[i] is { PassesAsIs: false } copier ? copier.Copy(args[i]) : args[i];
        }

        CancellationToken token = default;
        CancellationTokenSource? signal = null;
        if (_cancellation >= 0)
        {
            token = (CancellationToken)args[_cancellation]!;
            if (token.CanBeCanceled)
            {
                // The grain gets a token of its own, so that what it registers on it runs in its turns, not on the caller's thread.
                signal = new CancellationTokenSource();
                args[_cancellation] = signal.Token;
            }
        }

        return Send(reference, args, signal, token);
    }

    protected abstract object? Send(GrainReference reference, object?[] args, CancellationTokenSource? signal, CancellationToken token);

    /// <summary>A delegate that calls the method on a grain object, without reflection, and always returns a task.</summary>
    protected static TDelegate Compile<TDelegate>(MethodInfo method)
        where TDelegate : Delegate
    {
        var target = Expression.Parameter(typeof(object), "target");
        var args = Expression.Parameter(typeof(object?[]), "args");
        Expression call = Expression.Call(
            Expression.Convert(target, method.DeclaringType!),
            method,
            method.GetParameters().Select(p => Expression.Convert(Expression.ArrayIndex(args, Expression.Constant(p.Position)), p.ParameterType)));
        if (method.ReturnType == typeof(void)) call = Expression.Block(call, Expression.Constant(Task.CompletedTask, typeof(Task)));
        else if (!typeof(Task).IsAssignableFrom(method.ReturnType)) call = Expression.Call(call, method.ReturnType.GetMethod(nameof(ValueTask.AsTask))!);
        return Expression.Lambda<TDelegate>(call, target, args).Compile();
    }

    private static Type? ResultType(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : null;

    private ArgumentCopier? Copier(Type type, string what, List<string> problems)
    {
        if (type.IsGenericParameter) return null;
        var copier = ArgumentCopier.Of(type);
        if (copier.Refused is { } refused)
        {
            problems.Add(
                $"{Name}: {what} holds {refused}, which sender and receiver would share. Mark {refused} [Immutable] if it never changes "
                + "after construction, or pass values, strings, immutable collections, or arrays, lists and dictionaries of them.");
        }

        return copier;
    }

    private sealed class RefusedMethod(MethodInfo method, string why) : GrainMethod(method)
    {
        protected override object? Send(GrainReference reference, object?[] args, CancellationTokenSource? signal, CancellationToken token) =>
            throw new NotSupportedException($"{Name}: {why}");
    }

    private sealed class VoidMethod : GrainMethod
    {
        private readonly Func<object, object?[], Task> _invoke;
        private readonly bool _returnsValueTask;
        private readonly bool _returnsNothing;

        internal VoidMethod(MethodInfo method)
            : base(method)
        {
            _invoke = Compile<Func<object, object?[], Task>>(method);
            _returnsValueTask = method.ReturnType == typeof(ValueTask);
            _returnsNothing = method.ReturnType == typeof(void);
        }

        protected override object? Send(GrainReference reference, object?[] args, CancellationTokenSource? signal, CancellationToken token)
        {
            var answer = new VoidCall(this, reference, args, signal, _invoke).Send(reference, token);
            if (_returnsNothing) return null;
            return _returnsValueTask ? new ValueTask(answer) : answer;
        }
    }

    private sealed class VoidCall(GrainMethod method, GrainReference reference, object?[] args, CancellationTokenSource? signal, Func<object, object?[], Task> invoke)
        : GrainCall<bool>(method, reference, args, signal)
    {
        protected override async ValueTask<bool> InvokeAsync(object target, object?[] args)
        {
            await invoke(target, args);
            return true;
        }
    }

    private sealed class ResultMethod<T> : GrainMethod
    {
        private readonly Func<object, object?[], Task<T>> _invoke;
        private readonly bool _returnsValueTask;

        public ResultMethod(MethodInfo method)
            : base(method)
        {
            _invoke = Compile<Func<object, object?[], Task<T>>>(method);
            _returnsValueTask = method.ReturnType == typeof(ValueTask<T>);
        }

        internal T CopyResult(T result) => ResultCopier is null ? result : (T)ResultCopier.Copy(result)!;

        protected override object? Send(GrainReference reference, object?[] args, CancellationTokenSource? signal, CancellationToken token)
        {
            var answer = new ResultCall<T>(this, reference, args, signal, _invoke).Send(reference, token);
            return _returnsValueTask ? new ValueTask<T>(answer) : answer;
        }
    }

    private sealed class ResultCall<T>(
        ResultMethod<T> method, GrainReference reference, object?[] args, CancellationTokenSource? signal, Func<object, object?[], Task<T>> invoke)
        : GrainCall<T>(method, reference, args, signal)
    {
        protected override async ValueTask<T> InvokeAsync(object target, object?[] args) => method.CopyResult(await invoke(target, args));
    }
}
