using Praefect.Grains.Replicas;

namespace Praefect.Grains.Repositories;

/// <summary>
/// Writes a repository's record with one write in flight; all changes made meanwhile share the next one. After a write that failed it takes no more: what the
/// store holds is then unknown, and only a fresh activation, which reads it, may go on. Every write carries the ETag that was read, so a second activation of the
/// same repository fails here instead of overwriting; and after its first write one that read the record before can write no more.
/// </summary>
internal sealed class RecordWriter(IPersistentState<RepositoryRecord> state, Func<RepositoryRecord> current, Action<Exception> failed)
{
    private TaskCompletionSource? _next;
    private TaskCompletionSource? _current;
    private Task _writing = Task.CompletedTask;
    private Exception? _failure;

    /// <summary>The last write that was tried, if any, is durable: no other activation can have recorded anything since.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Another activation wrote the record.</summary>
    public bool IsOvertaken => _failure is Orleans.Storage.InconsistentStateException;

    /// <summary>Ends when a write is durable: the one in flight, or else one that is made for this.</summary>
    /// <exception cref="Exception">The store's error.</exception>
    public Task WrittenAsync() => HasWritten ? Task.CompletedTask : _failure is null && _current is { } inFlight ? inFlight.Task : WriteAsync();

    /// <summary>Writes the record as it is when the write starts, now or after the one in flight. Ends when that is durable.</summary>
    /// <exception cref="Exception">The store's error, for this and all later writes.</exception>
    public Task WriteAsync()
    {
        if (_failure is not null)
            return Task.FromException(_failure);
        var mine = _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_writing.IsCompleted)
            _writing = RunAsync();
        return mine.Task;
    }

    private async Task RunAsync()
    {
        while (_next is { } mine)
        {
            (_current, _next) = (mine, null);
            try
            {
                await StoreAsync(current());
                (_current, HasWritten) = (null, true);
                mine.SetResult();
            }
            catch (Exception e)
            {
                _failure = e;
                (_current, HasWritten) = (null, false);
                Fail(mine, e);
                if (_next is { } waiting)
                    Fail(waiting, e);
                _next = null;
                failed(e);
            }
        }
    }

    // The state is handed over only here, where no write is in flight: providers may serialize it after their first await.
    private async Task StoreAsync(RepositoryRecord record)
    {
        state.State = record;
        if (record.RepositoryId > 0)
            await state.WriteStateAsync();
        else if (state.RecordExists)
            await state.ClearStateAsync();
    }

    // Whoever started the write beside something else may never look at it.
    private static void Fail(TaskCompletionSource write, Exception e)
    {
        write.SetException(e);
        _ = write.Task.Exception;
    }
}
