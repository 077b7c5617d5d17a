namespace Praefect.Silo.Metrics;

/// <summary>How instruments are called in the exposition.</summary>
internal static class PrometheusNames
{
    /// <summary>
    /// A name with dots is an OpenTelemetry name: dots become underscores, the unit is appended, counters end in <c>_total</c>.
    /// A name without dots was chosen for Prometheus, as Praefect's are, and stays as it is: dashboards know it.
    /// </summary>
    public static string Of(string instrument, string? unit, bool counter)
    {
        if (!instrument.Contains('.', StringComparison.Ordinal))
            return Sanitize(instrument);
        var name = Sanitize(instrument);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => string.Empty,
        };
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
            name += suffix;
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>Replaces what may not stand in a name or label by underscores.</summary>
    public static string Sanitize(string name) =>
        string.Create(name.Length, name, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetter(source[i]) || source[i] == '_' || (i > 0 && char.IsAsciiDigit(source[i])) ? source[i] : '_';
        });
}
