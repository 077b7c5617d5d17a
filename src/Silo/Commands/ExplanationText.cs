using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Praefect.Wire.Protos.Operations;
using Decision = Praefect.Wire.Protos.Operations.ExplainRepositoryResponse.Types.Decision;
using Replica = Praefect.Wire.Protos.Operations.ExplainRepositoryResponse.Types.Replica;
using Write = Praefect.Wire.Protos.Operations.ExplainRepositoryResponse.Types.Write;

namespace Praefect.Silo.Commands;

/// <summary>The explanation of a repository for people. What holds everything up comes first, the past last.</summary>
internal static class ExplanationText
{
    /// <summary>Prints it.</summary>
    public static void Write(TextWriter output, ExplainRepositoryRequest asked, ExplainRepositoryResponse told)
    {
        output.WriteLine($"Repository: \"{asked.VirtualStorage}\"/\"{asked.RelativePath}\"");
        output.WriteLine($"State: {told.State}");
        if (told.RepositoryId != 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Repository ID: {told.RepositoryId}"));
            output.WriteLine($"Replica Path: \"{told.ReplicaPath}\"");
            output.WriteLine($"Primary: {(told.Primary.Length > 0 ? $"\"{told.Primary}\"" : "none was elected yet")}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Generation: {told.Generation}"));
            output.WriteLine("Replicas:");
            foreach (var replica in told.Replicas)
                Tell(output, replica, told.Generation);
        }

        Tell(output, "Writes", told.Writes, Tell);
        Tell(output, "What new writes wait for", told.Waiting, static (writer, line) => writer.WriteLine($"- {line}"));
        Tell(output, "Last routes, the newest first", told.Decisions, Tell);
    }

    private static void Tell<T>(TextWriter output, string heading, IReadOnlyCollection<T> entries, Action<TextWriter, T> tell)
    {
        output.WriteLine(entries.Count == 0 ? $"{heading}: none" : $"{heading}:");
        foreach (var entry in entries)
            tell(output, entry);
    }

    private static void Tell(TextWriter output, Replica replica, long latest)
    {
        output.WriteLine($"- Storage: \"{replica.Storage}\"");
        output.WriteLine($"  Generation: {Generation(replica.Generation, latest)}");
        output.WriteLine($"  Health: {Health(replica)}");
        output.WriteLine($"  Assigned: {(replica.Assigned ? "yes" : "no")}");
        output.WriteLine($"  Serves Reads: {replica.Reads}");
        output.WriteLine($"  Primary: {replica.Primary}");
        if (replica.Repair.Length > 0)
            output.WriteLine($"  Repair: {replica.Repair}");
    }

    private static void Tell(TextWriter output, Write write)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- Write: {write.TransactionId}"));
        output.WriteLine($"  State: {write.State}");
        output.WriteLine($"  Primary: \"{write.Primary}\"");
        foreach (var voter in write.Voters)
            output.WriteLine($"  Vote of \"{voter.Storage}\": {voter.State}");
        if (write.Targets.Count > 0)
            output.WriteLine($"  Left To Repair: {string.Join(", ", write.Targets)}");
    }

    private static void Tell(TextWriter output, Decision decision) => output.WriteLine($"- {Time(decision.At)} {decision.Call}: {decision.Outcome}");

    private static string Generation(long generation, long latest) => generation switch
    {
        < 0 => "no replica",
        _ when generation < latest => string.Create(CultureInfo.InvariantCulture, $"{generation}, behind by {latest - generation} {(latest - generation == 1 ? "change" : "changes")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{generation}, up to date"),
    };

    private static string Health(Replica replica)
    {
        var words = replica.Healthy ? "healthy" : $"not healthy: {replica.HealthReason}";
        return replica.Since is null ? words : $"{words} (since {Time(replica.Since)})";
    }

    private static string Time(Timestamp time) => time.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) + " UTC";
}
