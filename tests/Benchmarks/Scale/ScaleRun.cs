namespace Praefect.Benchmarks.Scale;

/// <summary>Runs the parts that are wanted, one after the other: each starts what it needs and stops it.</summary>
internal sealed class ScaleRun(ScaleBed bed, ScaleOptions options, Report report)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var findings = new Findings();
        foreach (var part in options.Parts)
        {
            await (part switch
            {
                1 => new RecordPart(bed, options, report, findings).RunAsync(cancellationToken),
                2 => new UnusedPart(bed, options, report).RunAsync(cancellationToken),
                3 => new GrainPlacesPart(bed, options, report, findings).RunAsync(cancellationToken),
                4 => new SpreadPart(bed, options, report).RunAsync(cancellationToken),
                _ => new CapacityPart(bed, options, report, findings).RunAsync(cancellationToken),
            });
        }
    }
}
