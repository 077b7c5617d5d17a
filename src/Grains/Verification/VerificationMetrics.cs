using System.Diagnostics.Metrics;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;

namespace Praefect.Grains.Verification;

/// <summary>What verification counts, under Praefect's names. Every combination of labels exists from the start.</summary>
public sealed class VerificationMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Praefect.Grains.Verification";

    private readonly Counter<long> _dequeued;
    private readonly Counter<long> _completed;

    /// <summary>Makes the counters.</summary>
    public VerificationMetrics(IMeterFactory factory, GrainOptions options)
    {
        var meter = factory.Create(MeterName);
        _dequeued = meter.CreateCounter<long>("gitaly_praefect_verification_jobs_dequeued_total");
        _completed = meter.CreateCounter<long>("gitaly_praefect_verification_jobs_completed_total");
        if (options.VerificationInterval <= TimeSpan.Zero)
            return;
        foreach (var node in options.VirtualStorages.SelectMany(v => v.Storages, (v, storage) => new NodeKey(v.Name, storage)))
        {
            Dequeued(node, 0);
            foreach (var result in new[] { ReplicaVerification.Valid, ReplicaVerification.Invalid, ReplicaVerification.Error })
                Completed(node, result, 0);
        }
    }

    internal void Dequeued(NodeKey node, int count) =>
        _dequeued.Add(count, new("virtual_storage", node.VirtualStorage), new("storage", node.Storage));

    /// <summary>What was overtaken by a change needs no answer any more: a valid one, as far as dashboards are concerned.</summary>
    internal void Completed(NodeKey node, ReplicaVerification result, int count = 1) => _completed.Add(
        count, new("virtual_storage", node.VirtualStorage), new("storage", node.Storage), new("result", Label(result)));

    private static string Label(ReplicaVerification result) => result switch
    {
        ReplicaVerification.Invalid => "invalid",
        ReplicaVerification.Error => "error",
        _ => "valid",
    };
}
