using System.Buffers;
using System.Text;
using Praefect.StorageNode.Storages;

namespace Praefect.StorageNode.Repositories;

/// <summary>
/// What replicas of a new repository must agree on: configuration, HEAD and references. Never files: two replicas may hold the same
/// references packed differently.
/// </summary>
public static class LogicalState
{
    /// <summary>The state as bytes, the same on every node that made the same repository.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var configuration = await repository.Git.CaptureAsync(
            repository.Command("config", "--null", "--list", "--file", Path.Combine(repository.FullPath, "config")), cancellationToken);
        var references = await repository.Git.CaptureAsync(
            repository.Command("for-each-ref", "--format=%(objectname) %(refname) %(symref)"), cancellationToken);
        var state = new ArrayBufferWriter<byte>();
        var entries = Encoding.UTF8.GetString(configuration.Bytes.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        foreach (var entry in entries.Order(StringComparer.Ordinal))
        {
            state.Write(Encoding.UTF8.GetBytes($"config {entry.ReplaceLineEndings("=")}\n"));
        }

        state.Write(Encoding.UTF8.GetBytes($"HEAD {await Head.ReadTargetAsync(repository, cancellationToken)}\n"));
        state.Write(references.Bytes.Span);
        return state.WrittenMemory;
    }
}
