namespace Orleans.Concurrency;

/// <summary>Carries a value that the sender promises not to change, so that it is passed without a copy.</summary>
/// <typeparam name="T">Any type.</typeparam>
/// <param name="value">The value.</param>
[Immutable]
public readonly struct Immutable<T>(T value)
{
    /// <summary>The value.</summary>
    public readonly T Value = value;
}

/// <summary>Wraps values in <see cref="Immutable{T}"/>.</summary>
public static class ImmutableExtensions
{
    /// <summary>The value, promised not to change.</summary>
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
