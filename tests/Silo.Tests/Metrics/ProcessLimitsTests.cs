using Praefect.Silo.Metrics;

namespace Praefect.Silo.Tests.Metrics;

public sealed class ProcessLimitsTests
{
    private static readonly string[] Limits =
    [
        "Limit                     Soft Limit           Hard Limit           Units     ",
        "Max open files            1024                 524288               files     ",
        "Max address space         unlimited            unlimited            bytes     ",
    ];

    [Theory]
    [InlineData("Max open files", 1024.0)]
    [InlineData("Max address space", 18446744073709551615.0)]
    public void The_limit_in_force_counts(string name, double expected) => Assert.Equal(expected, ProcessLimits.Parse(Limits, name));

    [Theory]
    [InlineData("Max locked memory")]
    [InlineData("Limit")]
    public void A_line_that_is_not_there_or_has_no_number_has_no_limit(string name) => Assert.Null(ProcessLimits.Parse(Limits, name));
}
