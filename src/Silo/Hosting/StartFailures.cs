using System.Collections.Immutable;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.Configuration;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>What can go wrong while the process starts, in words for the operator.</summary>
internal static class StartFailures
{
    /// <summary>The words for a failure, a line each; empty for one that is nobody's fault but ours.</summary>
    public static ImmutableArray<string> Describe(Exception failure, PraefectOptions options)
    {
        var flat = failure is AggregateException several ? several.Flatten().InnerExceptions.ToImmutableArray() : [failure];
        if (flat.All(static e => e is OptionsValidationException))
            return [.. flat.Cast<OptionsValidationException>().SelectMany(static e => e.Failures).Select(static problem => ConfigurationFile.ValidatingPrefix + problem)];

        // Runtimes and hosts wrap what their services threw.
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (Words(e, options) is { Length: > 0 } words)
                return words;
        }

        return [];
    }

    private static ImmutableArray<string> Words(Exception e, PraefectOptions options) => e switch
    {
        ConfigurationException wrong => wrong.Problems,
        _ => Word(e, options) is { } word ? [word] : [],
    };

    private static string? Word(Exception e, PraefectOptions options) => e switch
    {
        StartException or DatabaseSchemaException => e.Message,
        StoreLockedException => $"the store is locked: {e.Message}",
        StoreSchemaException => $"the store cannot be used: {e.Message}",
        SqliteException => $"the store \"{options.Store.Path}\" cannot be opened: {e.Message}",
        UnauthorizedAccessException => $"no permission: {e.Message} Give the user that runs praefect the right to write there, or choose another path.",
        NpgsqlException => $"the database at \"{options.Database?.Host}\" cannot be used: {e.Message}",
        IOException { InnerException: AddressInUseException } =>
            $"cannot listen: {e.Message.TrimEnd('.')}: another process uses it; stop that process or change the address",
        System.Net.Sockets.SocketException socket => $"cannot listen: {socket.Message} ({socket.SocketErrorCode})",
        DirectoryNotFoundException or IOException when e.InnerException is null => $"{e.Message}",
        _ => null,
    };
}
