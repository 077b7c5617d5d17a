using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Replicas;
using Praefect.Grains.Verification;

namespace Praefect.Grains.Repositories;

/// <content>Verification: whether the disks have what the record says.</content>
public sealed partial class RepositoryGrain
{
    /// <inheritdoc/>
    public async Task<ReplicaVerification> VerifyReplicaAsync(string storage, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var (id, path, before) = (_record.RepositoryId, _record.ReplicaPath, ReplicaOn(storage));
        if (!_record.Exists() || before is null)
            return ReplicaVerification.Overtaken;
        if (await IsOnDiskAsync(storage, path, cancellationToken) is not { } exists)
            return ReplicaVerification.Error;
        ThrowIfFailed();
        if (_record.RepositoryId != id || ReplicaOn(storage) is not { } now)
            return ReplicaVerification.Overtaken;
        // A missing replica counts only while nothing happened to it meanwhile, and nothing is about to: whoever wrote to it or copied it knows better.
        if (!exists && (now != before || IsSettling || TakesPart(storage) || IsCopying(storage)))
            return ReplicaVerification.Overtaken;
        return await RecordVerificationAsync(storage, path, exists);
    }

    private async Task<ReplicaVerification> RecordVerificationAsync(string storage, string path, bool exists)
    {
        if (!exists)
            LogReplicaMissing(_key, storage, path, _options.DeleteInvalidRecords);
        _record = VerificationRules.Answered(_record, storage, exists, _options.DeleteInvalidRecords, _time.GetUtcNow());
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
        return exists ? ReplicaVerification.Valid : ReplicaVerification.Invalid;
    }

    private async Task<bool?> IsOnDiskAsync(string storage, string path, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_options.VerificationLease, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped, late.Token);
        try
        {
            return await _gateway.ExistsAsync(new NodeKey(_key.VirtualStorage, storage), path, ending.Token).WaitAsync(ending.Token);
        }
        catch (Exception e)
        {
            LogNotVerified(_key, storage, e);
            return null;
        }
    }

    private ReplicaRecord? ReplicaOn(string storage) => _record.Replicas.FirstOrDefault(r => string.Equals(r.Storage, storage, StringComparison.Ordinal));

    [LoggerMessage(LogLevel.Error, "removing metadata records of non-existent replicas: {Repository} on {Storage}, {Path} (perform_deletions {PerformDeletions})")]
    private partial void LogReplicaMissing(RepositoryKey repository, string storage, string path, bool performDeletions);

    [LoggerMessage(LogLevel.Warning, "failed to verify replica's existence: {Repository} on {Storage}")]
    private partial void LogNotVerified(RepositoryKey repository, string storage, Exception exception);
}
