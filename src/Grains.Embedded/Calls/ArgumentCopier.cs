using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Praefect.Grains.Embedded.Calls;

/// <summary>
/// How values of one type cross between caller and grain so that neither can change what the other holds: as they are, copied, or not
/// at all. Decided once per type.
/// </summary>
internal sealed class ArgumentCopier
{
    private static readonly ArgumentCopier AsIs = new(null, null);
    private static readonly ConcurrentDictionary<Type, ArgumentCopier> Known = new();

    private static readonly FrozenSet<Type> ImmutableTypes = new[]
    {
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Guid), typeof(Uri), typeof(Version), typeof(IPAddress), typeof(IPEndPoint), typeof(Type), typeof(CancellationToken),
        typeof(Int128), typeof(UInt128), typeof(Half), typeof(System.Numerics.BigInteger), typeof(TimeZoneInfo), typeof(GrainId),
        typeof(GrainType), typeof(IdSpan), typeof(TickStatus), typeof(Index), typeof(Range),
    }.ToFrozenSet();

    // Generic types whose values cannot change as long as their parts cannot.
    private static readonly FrozenSet<Type> ImmutableGenerics = new[]
    {
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableDictionary<,>), typeof(ImmutableHashSet<>), typeof(ImmutableQueue<>),
        typeof(ImmutableSortedDictionary<,>), typeof(ImmutableSortedSet<>), typeof(ImmutableStack<>), typeof(IImmutableList<>),
        typeof(IImmutableDictionary<,>), typeof(IImmutableSet<>), typeof(FrozenSet<>), typeof(FrozenDictionary<,>), typeof(KeyValuePair<,>),
        typeof(Nullable<>), typeof(Tuple<>), typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(ValueTuple<>), typeof(ValueTuple<,>),
        typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>), typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>),
    }.ToFrozenSet();

    private readonly Func<object, object>? _copy;

    private ArgumentCopier(Func<object, object>? copy, string? refused)
    {
        _copy = copy;
        Refused = refused;
    }

    /// <summary>The type that may not cross; null when all is well.</summary>
    internal string? Refused { get; }

    internal bool PassesAsIs => _copy is null && Refused is null;

    internal static ArgumentCopier Of(Type type) => Known.TryGetValue(type, out var known) ? known : Known.GetOrAdd(type, Decide(type));

    internal object? Copy(object? value) => value is null || _copy is null ? value : _copy(value);

    private static ArgumentCopier Decide(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || ImmutableTypes.Contains(type)) return AsIs;
        if (type.IsDefined(typeof(ImmutableAttribute), inherit: false)) return AsIs;
        if (typeof(IAddressable).IsAssignableFrom(type)) return new ArgumentCopier(ToReference, null);
        if (typeof(Exception).IsAssignableFrom(type)) return AsIs;
        if (type.IsArray) return type.GetArrayRank() == 1 ? DecideCollection(typeof(CollectionCopier<>), [type.GetElementType()!], type) : Refuse(type);
        if (type == typeof(ReadOnlyMemory<byte>)) return new ArgumentCopier(static memory => new ReadOnlyMemory<byte>(((ReadOnlyMemory<byte>)memory).ToArray()), null);
        return type.IsGenericType ? DecideGeneric(type) : Refuse(type);
    }

    private static ArgumentCopier DecideGeneric(Type type)
    {
        var definition = type.GetGenericTypeDefinition();
        var parts = type.GetGenericArguments();
        if (definition == typeof(Immutable<>)) return AsIs;
        if (ImmutableGenerics.Contains(definition))
        {
            foreach (var part in parts)
            {
                var copier = Of(part);
                if (copier.Refused is not null) return copier;
                if (!copier.PassesAsIs && !typeof(IAddressable).IsAssignableFrom(part)) return Refuse(type);
            }

            return AsIs;
        }

        if (parts.Length is 1 or 2 && Array.Exists(type.GetInterfaces(), static face => face == typeof(System.Collections.IEnumerable)))
            return DecideCollection(parts.Length == 1 ? typeof(CollectionCopier<>) : typeof(DictionaryCopier<,>), parts, type);
        return Refuse(type);
    }

    private static ArgumentCopier DecideCollection(Type copierType, Type[] parts, Type type)
    {
        foreach (var part in parts)
        {
            if (Of(part) is { Refused: not null } refused) return refused;
        }

        var copier = (ICollectionCopier)Activator.CreateInstance(copierType.MakeGenericType(parts))!;
        return copier.For(type) is { } copy ? new ArgumentCopier(copy, null) : Refuse(type);
    }

    private static ArgumentCopier Refuse(Type type) => new(null, type.ToString());

    private static object ToReference(object value) => value switch
    {
        GrainReference => value,
        IGrainBase grain => grain.GrainContext.GrainReference,
        _ => throw new ArgumentException(
            $"{value.GetType()} is an observer object, not a reference: pass what {nameof(IGrainFactory.CreateObjectReference)} returned for it.", nameof(value)),
    };

    /// <summary>Copies one shape of collection, its elements by their own rule.</summary>
    private interface ICollectionCopier
    {
        Func<object, object>? For(Type type);
    }

    private sealed class CollectionCopier<T> : ICollectionCopier
    {
        private readonly ArgumentCopier _element = Of(typeof(T));

        public Func<object, object>? For(Type type)
        {
            if (type == typeof(T[])) return value => Elements((T[])value);
            if (type == typeof(List<T>)) return value => new List<T>(Elements((List<T>)value));
            if (type == typeof(HashSet<T>)) return value => new HashSet<T>(Elements((HashSet<T>)value), ((HashSet<T>)value).Comparer);
            if (type == typeof(ISet<T>) || type == typeof(IReadOnlySet<T>))
                return value => value is IImmutableSet<T> or FrozenSet<T> ? value : new HashSet<T>(Elements((IEnumerable<T>)value), (value as HashSet<T>)?.Comparer);
            if (type == typeof(IList<T>) || type == typeof(ICollection<T>)) return value => new List<T>(Elements((IEnumerable<T>)value));
            if (type == typeof(IEnumerable<T>) || type == typeof(IReadOnlyCollection<T>) || type == typeof(IReadOnlyList<T>))
                return value => _element.PassesAsIs && value is ImmutableArray<T> or ImmutableList<T> ? value : Elements((IEnumerable<T>)value);
            return null;
        }

        private T[] Elements(IEnumerable<T> source)
        {
            var copy = source.ToArray();
            if (_element.PassesAsIs) return copy;
            for (var i = 0; i < copy.Length; i++) copy[i] = (T)_element.Copy(copy[i])!;
            return copy;
        }
    }

    private sealed class DictionaryCopier<TKey, TValue> : ICollectionCopier
        where TKey : notnull
    {
        private readonly ArgumentCopier _key = Of(typeof(TKey));
        private readonly ArgumentCopier _value = Of(typeof(TValue));

        public Func<object, object>? For(Type type)
        {
            if (type == typeof(Dictionary<TKey, TValue>) || type == typeof(IDictionary<TKey, TValue>)) return Copied;
            if (type != typeof(IReadOnlyDictionary<TKey, TValue>)) return null;
            return value => _value.PassesAsIs && value is IImmutableDictionary<TKey, TValue> or FrozenDictionary<TKey, TValue> ? value : Copied(value);
        }

        private Dictionary<TKey, TValue> Copied(object source)
        {
            var copy = new Dictionary<TKey, TValue>((source as Dictionary<TKey, TValue>)?.Comparer);
            foreach (var (key, value) in (IEnumerable<KeyValuePair<TKey, TValue>>)source) copy.Add((TKey)_key.Copy(key)!, (TValue)_value.Copy(value)!);
            return copy;
        }
    }
}
