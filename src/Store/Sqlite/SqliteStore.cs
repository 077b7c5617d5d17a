using Microsoft.Data.Sqlite;

namespace Praefect.Store;

/// <summary>
/// A SQLite file in WAL mode: one connection and thread for writes, which share transactions, one for reads, and one for reports, which may
/// take long. No grain ever waits inside SQLite.
/// </summary>
/// <param name="options">Where and how.</param>
public sealed class SqliteStore(SqliteStoreOptions options) : IGrainStore
{
    private StoreFileLock? _lock;
    private SqliteWorker? _reader;
    private SqliteWorker? _writer;
    private SqliteWorker? _reporter;

    private SqliteWorker Reader => _reader ?? throw new InvalidOperationException("The grain store is not open.");

    private SqliteWorker Writer => _writer ?? throw new InvalidOperationException("The grain store is not open.");

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        // The file system may be slow; the thread that starts the host is not ours to hold.
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Open(opening)) { IsBackground = true, Name = "grain store open" }.Start();
        await opening.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoredState?> ReadStateAsync(StateKey key, CancellationToken cancellationToken) =>
        Reader.DoAsync(sql => sql.ReadState(key), cancellationToken);

    /// <inheritdoc/>
    public Task<long> WriteStateAsync(StateKey key, string json, long? expectedVersion, CancellationToken cancellationToken) =>
        Writer.DoAsync(sql => sql.WriteState(key, json, expectedVersion), cancellationToken);

    /// <inheritdoc/>
    public Task<long> ClearStateAsync(StateKey key, long expectedVersion, CancellationToken cancellationToken) =>
        Writer.DoAsync(sql => sql.ClearState(key, expectedVersion), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) =>
        Reader.DoAsync(static sql => sql.ReadReminders(), cancellationToken);

    /// <inheritdoc/>
    public Task WriteReminderAsync(StoredReminder reminder, CancellationToken cancellationToken) =>
        Writer.DoAsync(sql => Done(() => sql.WriteReminder(reminder)), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteReminderAsync(StateKey key, CancellationToken cancellationToken) =>
        Writer.DoAsync(sql => Done(() => sql.DeleteReminder(key)), cancellationToken);

    /// <summary>Reads what <see cref="SqliteStoreOptions.SchemaScripts"/> keep beside the states, beside all other work on the file.</summary>
    /// <param name="sql">One query; it is prepared once for each text, so callers have a fixed number of them.</param>
    /// <param name="row">Reads a row; runs on the store's thread.</param>
    /// <param name="cancellationToken">Ends the wait for a place in the queue.</param>
    /// <param name="parameters">Values by name, as <c>@name</c>.</param>
    public Task<IReadOnlyList<T>> QueryAsync<T>(
        string sql, Func<SqliteDataReader, T> row, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        (_reporter ?? throw new InvalidOperationException("The grain store is not open."))
            .DoAsync(statements => statements.Query(sql, parameters, row), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _reporter?.Dispose();
        _reader?.Dispose();
        _writer?.Dispose();
        _lock?.Dispose();
        _reporter = _reader = _writer = null;
        _lock = null;
        return ValueTask.CompletedTask;
    }

    private static bool Done(Action action)
    {
        action();
        return true;
    }

    private void Open(TaskCompletionSource opening)
    {
        try
        {
            var path = Path.GetFullPath(options.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _lock = StoreFileLock.Take(path);
            var writer = Connect(path);
            SqliteSchema.Create(writer, options);
            _writer = new SqliteWorker("grain store writes", writer, options.QueueBound, options.BatchBound, transactions: true);
            _reader = new SqliteWorker("grain store reads", Connect(path), options.QueueBound, options.BatchBound, transactions: false);
            _reporter = new SqliteWorker("grain store reports", Connect(path), options.QueueBound, batchBound: 1, transactions: false);
            opening.SetResult();
        }
        catch (Exception error)
        {
            _lock?.Dispose();
            _lock = null;
            opening.SetException(error);
        }
    }

    private SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        SqliteSchema.Execute(connection, $"PRAGMA journal_mode = WAL; PRAGMA synchronous = {(options.Durable ? "FULL" : "NORMAL")}; PRAGMA busy_timeout = 5000;");
        return connection;
    }
}
