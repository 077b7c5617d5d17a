namespace Praefect.Benchmarks.Scale;

/// <summary>What the parts leave for the calculation on paper; zero: not measured in this run.</summary>
internal sealed class Findings
{
    public double SiloBytesAGrain { get; set; }

    /// <summary>CPU of a call with 32 callers where gateway and silo are two processes.</summary>
    public CallCost Read { get; set; } = new(0, 0, 0);

    public CallCost Write { get; set; } = new(0, 0, 0);

    /// <summary>Transactions of the database for one voted write.</summary>
    public double CommitsAWrite { get; set; }
}

/// <summary>Microseconds of CPU of one call, by process.</summary>
internal sealed record CallCost(double Gateway, double Silo, double Postgres);
