using System.Globalization;
using Praefect.Grains.Assignment;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Repositories;

/// <content>Import: one call for each of very many repositories, most of which nobody else asks for.</content>
public sealed partial class RepositoryGrain
{
    // Nothing but imports was asked of this activation, and nothing runs on its behalf.
    private bool IsIdle => _decisions.IsEmpty && _writes.Count == 0 && _turns.IsEmpty && !_reserving && !IsSettling && !HasDoubt
        && _removals.Count == 0 && !_repairs.Values.Any(static repair => repair.Running);

    /// <inheritdoc/>
    public async Task<bool> ImportAsync(ImportedRepository repository, CancellationToken cancellationToken)
    {
        try
        {
            _ = KnownView($"virtual storage \"{_key.VirtualStorage}\" not found");
            return await TakeOverAsync(ImportRules.Record(_key, repository), repository.DryRun);
        }
        finally
        {
            // An activation of each of a million records, kept for its usual time, would fill the memory. The storages' searches wake what is behind, a few at a
            // time; where they are switched off, it stays awake for its copies.
            if (_options.ReconciliationInterval == TimeSpan.Zero && !repository.DryRun)
                StartRepairs();
            else if (IsIdle)
                DeactivateOnIdle();
        }
    }

    private async Task<bool> TakeOverAsync(RepositoryRecord record, bool dryRun)
    {
        ThrowIfFailed();
        // An import that was cut off is repeated from its start; what changed since then must stay.
        if (_record.Exists())
        {
            if (_record.RepositoryId != record.RepositoryId || !string.Equals(_record.ReplicaPath, record.ReplicaPath, StringComparison.Ordinal))
            {
                throw new RouteException(RouteFailure.RepositoryAlreadyExists, string.Create(
                    CultureInfo.InvariantCulture, $"there is a repository of that path with id {_record.RepositoryId} and replica path {_record.ReplicaPath}"));
            }

            // An earlier attempt may still be on its way to the store.
            await StoredAsync(dryRun ? Task.CompletedTask : _writer.WriteAsync());
            return false;
        }

        ThrowIfTaken(string.Empty);
        if (dryRun)
            return true;
        _record = record;
        await StoredAsync(_writer.WriteAsync());
        return true;
    }
}
