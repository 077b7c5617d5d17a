using System.Collections.Concurrent;
using Orleans;
using Orleans.CodeGeneration;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Praefect.Simulation.Hosting;

/// <summary>Makes references out of Orleans' generated proxies, and takes the calls that they make.</summary>
internal sealed class References(GrainHost host) : IGrainReferenceRuntime
{
    private readonly ConcurrentDictionary<(GrainType, GrainInterfaceType), GrainReferenceShared> _shared = [];

    /// <summary>A reference to a grain through one of its interfaces.</summary>
    public GrainReference Create(GrainId grain, GrainInterfaceType type) => OrleansParts.Instance.Types.NewProxy(Shared(grain, type), grain.Key);

    /// <summary>A reference through no interface yet, as a grain has of itself.</summary>
    public GrainReference Create(GrainId grain) => new Untyped(Shared(grain, default), grain.Key);

    public ValueTask<T?> InvokeMethodAsync<T>(GrainReference reference, IInvokable request, InvokeMethodOptions options)
    {
        request.GetCancellationToken().ThrowIfCancellationRequested();
        var answer = ResponseCompletionSourcePool.Get<T>();
        host.Send(reference.GrainId, request, options, answer);
        return answer.AsValueTask();
    }

    public ValueTask InvokeMethodAsync(GrainReference reference, IInvokable request, InvokeMethodOptions options)
    {
        request.GetCancellationToken().ThrowIfCancellationRequested();
        var answer = ResponseCompletionSourcePool.Get();
        host.Send(reference.GrainId, request, options, answer);
        return answer.AsVoidValueTask();
    }

    public void InvokeMethod(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        host.Send(reference.GrainId, request, options | InvokeMethodOptions.OneWay, null);

    public object Cast(IAddressable grain, Type interfaceType) => grain is GrainReference && interfaceType.IsInstanceOfType(grain)
        ? grain
        : Create(grain.GetGrainId(), OrleansParts.Instance.Types.InterfaceOf(interfaceType));

    private GrainReferenceShared Shared(GrainId grain, GrainInterfaceType type) =>
        _shared.GetOrAdd((grain.Type, type), static (key, self) => OrleansParts.Instance.Share(key.Item1, key.Item2, self), this);

    private sealed class Untyped(GrainReferenceShared shared, IdSpan key) : GrainReference(shared, key);
}
