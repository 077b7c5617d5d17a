using Npgsql;

namespace Praefect.Store;

/// <summary>
/// A session advisory lock on a connection of its own: the database releases it with the session, however the process dies. A watch
/// notices when the session is gone.
/// </summary>
internal sealed class PostgresLock : IAsyncDisposable
{
    // Any fixed number: the lock's name within its database.
    private const long Key = 0x7072_6165_6665_6374;

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _checkPeriod;
    private readonly Task _watch;

    private PostgresLock(NpgsqlConnection connection, TimeSpan checkPeriod)
    {
        _connection = connection;
        _checkPeriod = checkPeriod;
        Lost = _lost.Token;
        _watch = WatchAsync();
    }

    internal CancellationToken Lost { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch;
        await ReleaseAsync();
        await _connection.DisposeAsync();
        _stop.Dispose();
        _lost.Dispose();
    }

    internal static async Task<PostgresLock> TakeAsync(NpgsqlDataSource dataSource, TimeSpan checkPeriod, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            StoreMetrics.Count("postgres", "lock");
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = Key } } };
            if (await command.ExecuteScalarAsync(cancellationToken) is true) return new PostgresLock(connection, checkPeriod);
            throw new StoreLockedException(
                $"The grain store in database '{connection.Database}' on {connection.Host}:{connection.Port} is in use by another process. Stop that process, "
                + "or give this one a database of its own. Several processes on one database need the Orleans runtime.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closing is not enough: the connection goes back to its pool, and its session lives on there with the lock.</summary>
    private async Task ReleaseAsync()
    {
        try
        {
            StoreMetrics.Count("postgres", "lock");
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", _connection) { Parameters = { new() { Value = Key } } };
            await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // The session is gone, and the lock with it.
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                // Ends early, with an error, when the server or the network closes the connection.
                await _connection.WaitAsync(_checkPeriod, _stop.Token);
                StoreMetrics.Count("postgres", "lock");
                await using var command = new NpgsqlCommand("SELECT 1", _connection) { CommandTimeout = Math.Max(1, (int)_checkPeriod.TotalSeconds) };
                await command.ExecuteScalarAsync(_stop.Token);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Closed by us.
        }
        catch (Exception)
        {
            await _lost.CancelAsync();
        }
    }
}
