using System.Text.Encodings.Web;
using System.Text.Json;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary>The explanation of a repository for scripts. Times are UTC; what is not known is null.</summary>
internal static class ExplanationJson
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Prints it.</summary>
    public static void Write(TextWriter output, ExplainRepositoryRequest asked, ExplainRepositoryResponse told) => output.WriteLine(JsonSerializer.Serialize(
        new
        {
            asked.VirtualStorage,
            asked.RelativePath,
            told.State,
            told.RepositoryId,
            told.ReplicaPath,
            told.Primary,
            told.Generation,
            Replicas = told.Replicas.Select(static r => new
            {
                r.Storage, r.Generation, r.Assigned, r.Healthy, r.HealthReason, Since = r.Since?.ToDateTime(), r.Reads, r.Primary, r.Repair,
            }),
            Writes = told.Writes.Select(static w => new
            {
                w.TransactionId, w.State, w.Primary, Voters = w.Voters.Select(static v => new { v.Storage, v.State }), w.Targets,
            }),
            told.Waiting,
            Decisions = told.Decisions.Select(static d => new { At = d.At.ToDateTime(), d.Call, d.Outcome }),
        },
        Format));
}
