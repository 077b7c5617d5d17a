using System.Globalization;

namespace Orleans;

/// <summary>How long callers of this interface method wait before they get a <see cref="TimeoutException"/>.</summary>
/// <param name="timeout">Such as "00:00:05".</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The time.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, CultureInfo.InvariantCulture);
}
