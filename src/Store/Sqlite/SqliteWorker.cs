using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Praefect.Store;

/// <summary>One thing to do on the database thread.</summary>
internal abstract class SqliteWork
{
    /// <summary>Runs the statements; the answer is kept back until <see cref="Succeed"/>.</summary>
    internal abstract void Run(SqliteStatements statements);

    /// <summary>What was done is committed.</summary>
    internal abstract void Succeed();

    internal abstract void Fail(Exception error);
}

/// <summary>One thing to do on the database thread, with an answer.</summary>
internal sealed class SqliteWork<T>(Func<SqliteStatements, T> run) : SqliteWork
{
    private const int ConstraintViolated = 19;

    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _refusal;
    private T _result = default!;

    internal Task<T> Answer => _answer.Task;

    internal override void Run(SqliteStatements statements)
    {
        try
        {
            _result = run(statements);
        }
        catch (StoreConflictException conflict)
        {
            // Changed nothing: no reason to take the others in the transaction with it.
            _refusal = conflict;
        }
        catch (SqliteException refused) when (refused.SqliteErrorCode == ConstraintViolated)
        {
            // SQLite took back what this statement did, and nothing else.
            _refusal = refused;
        }
    }

    internal override void Succeed()
    {
        if (_refusal is not null) _answer.TrySetException(_refusal);
        else _answer.TrySetResult(_result);
    }

    internal override void Fail(Exception error) => _answer.TrySetException(error);
}

/// <summary>
/// A thread of its own for one SQLite connection, because SQLite calls block. What has gathered while it was busy goes into one
/// transaction: while one waits for the disk, the next fills up, so many callers share each flush.
/// </summary>
internal sealed class SqliteWorker : IDisposable
{
    private readonly BlockingCollection<SqliteWork> _queue = [];
    private readonly SemaphoreSlim _places;
    private readonly SqliteStatements _statements;
    private readonly Thread _thread;
    private readonly int _batchBound;
    private readonly bool _transactions;

    internal SqliteWorker(string name, SqliteConnection connection, int queueBound, int batchBound, bool transactions)
    {
        _places = new SemaphoreSlim(queueBound, queueBound);
        _statements = new SqliteStatements(connection);
        _batchBound = batchBound;
        _transactions = transactions;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _statements.Dispose();
        _queue.Dispose();
        _places.Dispose();
    }

    internal async Task<T> DoAsync<T>(Func<SqliteStatements, T> run, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        var work = new SqliteWork<T>(run);
        try
        {
            _queue.Add(work, CancellationToken.None);
        }
        catch (InvalidOperationException error)
        {
            throw new ObjectDisposedException("The grain store is closed.", error);
        }

        return await work.Answer;
    }

    private void Run()
    {
        var batch = new List<SqliteWork>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < _batchBound && _queue.TryTake(out var more)) batch.Add(more);
            RunBatch(batch);
            _places.Release(batch.Count);
            batch.Clear();
        }
    }

    private void RunBatch(List<SqliteWork> batch)
    {
        try
        {
            if (_transactions) _statements.Begin();
            foreach (var work in batch) work.Run(_statements);
            if (_transactions) _statements.Commit();
        }
        catch (Exception error)
        {
            // Disk full, disk broken: nothing of this batch may be taken for written.
            if (_transactions) _statements.Rollback();
            foreach (var work in batch) work.Fail(error);
            return;
        }

        foreach (var work in batch) work.Succeed();
    }
}
