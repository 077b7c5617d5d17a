using Praefect.Grains.Assignment;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;

namespace Praefect.Grains.Tests.Assignment;

/// <summary>Group F2 of the cases. Flags: A assigned, H healthy, V could be primary. P and S are configured, U is not.</summary>
public sealed class MetadataRulesTests
{
    private static readonly RepositoryKey Key = new("virtual-storage", "relative-path");

    [Theory]
    [InlineData(1, "P:0 S:0", null, "P S", "P 0 AHV, S 0 AHV")]
    [InlineData(2, "P:1 S:1 U:0", null, "P S", "P 1 AHV, S 1 AHV, U 0 ")]
    [InlineData(3, "P:0 S:0 U:1", null, "P S", "P 0 AH, S 0 AH, U 1 ")]
    [InlineData(4, "P:0", null, "P S", "P 0 AHV, S -1 AH")]
    [InlineData(5, "P:1 S:0", null, "P S", "P 1 AHV, S 0 AH")]
    [InlineData(6, "P:10", null, "P S", "P 10 AHV, S -1 AH")]
    [InlineData(7, "P:10 S:0", null, "P S", "P 10 AHV, S 0 AH")]
    [InlineData(9, "P:0", "P", "P S", "P 0 AHV")]
    [InlineData(10, "P:1 S:0", "P", "P S", "P 1 AHV, S 0 H")]
    [InlineData(11, "P:0", "P S", "P S", "P 0 AHV, S -1 AH")]
    [InlineData(12, "P:1 S:0", "P S", "P S", "P 1 AHV, S 0 AH")]
    [InlineData(13, "P:0 S:1", "P", "P S", "P 0 AH, S 1 HV")]
    [InlineData(14, "S:0", "P", "P S", "P -1 AH, S 0 HV")]
    [InlineData(15, "U:0", "P", "P S", "P -1 AH, U 0 ")]
    [InlineData(16, "P:1", "P U", "P S", "P 1 AHV")]
    [InlineData(17, "P:1 U:0", "P U", "P S", "P 1 AHV, U 0 ")]
    [InlineData(18, "U:0", "U", "P S", "P -1 AH, S -1 AH, U 0 ")]
    [InlineData(19, "P:0 S:0", "P S", "", "P 0 A, S 0 A")]
    [InlineData(20, "P:0 S:0", "P", "S", "P 0 A, S 0 HV")]
    [InlineData(21, "P:0 S:0", "P", "P", "P 0 AHV, S 0 ")]
    [InlineData(22, "P:0 S:0", "P S", "P", "P 0 AHV, S 0 A")]
    public void Metadata_names_every_replica_and_every_assigned_storage(int number, string replicas, string? assigned, string healthy, string then)
    {
        var metadata = MetadataRules.Of(Facts.Record(replicas, "P", assigned), Key, Facts.View(healthy, configured: "P S"));
        var text = metadata!.Replicas.Select(r => $"{r.Storage} {r.Generation} {(r.Assigned ? "A" : "")}{(r.Healthy ? "H" : "")}{(r.ValidPrimary ? "V" : "")}");
        Assert.Equal((number, then), (number, string.Join(", ", text)));
    }

    [Fact]
    public void Metadata_has_what_is_recorded()
    {
        var verified = new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);
        var record = Facts.Record("P:3", null) with { Replicas = [new ReplicaRecord("P", 3, verified)] };
        var metadata = MetadataRules.Of(record, Key, Facts.View("P", configured: "P"))!;
        Assert.Equal((1L, Key, record.ReplicaPath, "", 3L), (metadata.RepositoryId, metadata.Key, metadata.ReplicaPath, metadata.Primary, metadata.Generation));
        Assert.Equal(verified, Assert.Single(metadata.Replicas).VerifiedAt);
        Assert.Null(MetadataRules.Of(RepositoryRecord.None, Key, Facts.View("P")));
    }
}
