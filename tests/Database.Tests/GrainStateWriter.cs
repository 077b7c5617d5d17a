using System.Text;
using Npgsql;

namespace Praefect.Database.Tests;

/// <summary>Writes states as Orleans' provider does: with the stored query texts.</summary>
internal sealed class GrainStateWriter(NpgsqlDataSource dataSource)
{
    public async Task<int?> WriteAsync(string key, string json, int? version, string stateName = "repository")
    {
        await using var command = await CommandAsync("WriteToStorageKey", key, stateName, version);
        command.Parameters.AddWithValue("PayloadBinary", Encoding.UTF8.GetBytes(json));
        return await command.ExecuteScalarAsync() as int?;
    }

    public async Task<int?> ClearAsync(string key, int? version, bool delete)
    {
        await using var command = await CommandAsync(delete ? "DeleteStorageKey" : "ClearStorageKey", key, "repository", version);
        return await command.ExecuteScalarAsync() as int?;
    }

    private async Task<NpgsqlCommand> CommandAsync(string queryKey, string key, string stateName, int? version)
    {
        var query = await Databases.ScalarAsync<string>(dataSource, "SELECT querytext FROM orleansquery WHERE querykey = $1", queryKey);
        var command = dataSource.CreateCommand(query!);
        command.Parameters.AddWithValue("ServiceId", "praefect");
        command.Parameters.AddWithValue("GrainTypeString", stateName);
        command.Parameters.AddWithValue("GrainIdN0", 0L);
        command.Parameters.AddWithValue("GrainIdN1", 0L);
        command.Parameters.AddWithValue("GrainIdExtensionString", key);
        command.Parameters.Add(new NpgsqlParameter("GrainStateVersion", NpgsqlTypes.NpgsqlDbType.Integer) { Value = (object?)version ?? DBNull.Value });
        return command;
    }
}
