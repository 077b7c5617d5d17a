using System.Globalization;

namespace Orleans;

/// <summary>How long activations of this grain class stay idle before they are deactivated.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public class CollectionAgeLimitAttribute : Attribute
{
    /// <summary>The shortest limit; shorter ones count as this.</summary>
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    private readonly TimeSpan? _limit;

    /// <summary>The limit is the sum of the properties.</summary>
    public CollectionAgeLimitAttribute() { }

    /// <summary>The limit as text, such as "00:10:00".</summary>
    public CollectionAgeLimitAttribute(string inactivityPeriod) => _limit = TimeSpan.Parse(inactivityPeriod, CultureInfo.InvariantCulture);

    /// <summary>Whole and broken days.</summary>
    public double Days { get; set; }

    /// <summary>Whole and broken hours.</summary>
    public double Hours { get; set; }

    /// <summary>Whole and broken minutes.</summary>
    public double Minutes { get; set; }

    /// <summary>Never deactivated for idleness.</summary>
    public bool AlwaysActive { get; set; }

    /// <summary>The limit.</summary>
    public TimeSpan AgeLimit
    {
        get
        {
            if (_limit is { } given) return given;
            if (AlwaysActive) return TimeSpan.FromDays(short.MaxValue);
            var sum = TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
            return sum < MinAgeLimit ? MinAgeLimit : sum;
        }
    }
}

/// <summary>Activations of this grain class are never deactivated for idleness.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public class KeepAliveAttribute : Attribute;
