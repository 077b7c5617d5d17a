using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Repositories;

/// <content>
/// Surplus replicas. First the record says that there is no replica, so that nobody is sent to it; then, a little later, it is removed from the disk. A crash in
/// between leaves a note in the record, not a replica that is half there.
/// </content>
public sealed partial class RepositoryGrain
{
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, Task> _removals = new(StringComparer.Ordinal);

    private bool HasSurplus() => !_record.Leftovers.IsEmpty || !SurplusRules.Surplus(_record, Configured()).IsEmpty;

    private void StartRemovals(VirtualStorageView snapshot)
    {
        var view = RoutingView.From(snapshot, []);
        DismissOne(view);
        foreach (var storage in _record.Leftovers.Where(s => !_removals.ContainsKey(s)).ToArray())
        {
            if (_record.Assigned(view.Configured).Contains(storage, StringComparer.Ordinal))
                ForgetLeftover(storage);
            else if (view.Healthy.Contains(storage))
                _removals[storage] = RemoveAsync(storage, _record.RepositoryId, _record.ReplicaPath);
        }
    }

    // One at a time, and only in a moment in which nothing is under way.
    private void DismissOne(RoutingView view)
    {
        if (_writes.Count > 0 || _finishing.Count > 0 || _confirmAt is not null || !_confirming.IsCompleted || SurplusRules.Surplus(_record, view.Configured).IsEmpty)
            return;
        // A primary that is not assigned any more makes room for one that is.
        Adopt(Elected(view));
        if (SurplusRules.Next(_record, view, IsCopying) is not { } storage)
            return;
        _record = SurplusRules.Dismiss(_record, storage);
        LogDismissed(_key, storage);
    }

    private bool IsCopying(string storage) => _repairs.Values.Any(r => r.IsAmong(storage));

    private async Task RemoveAsync(string storage, long id, string path)
    {
        // The caller notes the task first.
        await Task.Yield();
        try
        {
            await _writer.WriteAsync();
            await Task.Delay(_options.SurplusGrace, _time, _stopped);
            // Looked at twice, since what is not a leftover when the record is written must not be removed after it, whatever was decided meanwhile.
            if (!IsLeftover(storage, id))
                return;
            await EnsureOwnedAsync();
            if (!IsLeftover(storage, id))
                return;
            using var late = new CancellationTokenSource(RemovalTimeout, _time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stopped, late.Token);
            await _gateway.RemoveAsync(new NodeKey(_key.VirtualStorage, storage), path, ending.Token).WaitAsync(ending.Token);
            if (_record.RepositoryId != id)
                return;
            ForgetLeftover(storage);
            LogSurplusRemoved(_key, storage, path);
        }
        catch (Exception e)
        {
            if (_stopped.IsCancellationRequested || _failed)
                return;
            LogSurplusStays(_key, storage, e);
            await PauseAfterFailureAsync();
        }
        finally
        {
            _removals.Remove(storage);
        }
    }

    // Not wanted again, nor gone as a whole.
    private bool IsLeftover(string storage, long id) =>
        _record.RepositoryId == id && _record.Leftovers.Contains(storage, StringComparer.Ordinal) && !_record.Assigned(Configured()).Contains(storage, StringComparer.Ordinal);

    private void ForgetLeftover(string storage)
    {
        _record = SurplusRules.WithoutLeftover(_record, storage);
        _ = _writer.WriteAsync();
    }

    private async Task PauseAfterFailureAsync()
    {
        try
        {
            await Task.Delay(_options.RepairBackoff * 10, _time, _stopped);
        }
        catch (OperationCanceledException)
        {
            // The activation ends; the note is in the record.
        }
    }

    [LoggerMessage(LogLevel.Information, "replica of {Repository} on {Storage} is given up: the storages that are to have it are up to date")]
    private partial void LogDismissed(RepositoryKey repository, string storage);

    [LoggerMessage(LogLevel.Information, "replica of {Repository} removed from {Storage}: {Path}")]
    private partial void LogSurplusRemoved(RepositoryKey repository, string storage, string path);

    [LoggerMessage(LogLevel.Warning, "replica of {Repository} on {Storage} was given up and could not be removed; it is tried again")]
    private partial void LogSurplusStays(RepositoryKey repository, string storage, Exception exception);
}
