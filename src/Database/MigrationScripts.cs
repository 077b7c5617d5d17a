using System.Collections.Immutable;

namespace Praefect.Database;

/// <summary>The scripts of <c>sql/</c>, which this assembly carries.</summary>
public static class MigrationScripts
{
    private const string Folder = "sql/";
    private const string SqliteFolder = "sql/sqlite/";
    private const string DownFolder = "sql/down/";

    /// <summary>What <c>praefect sql-migrate</c> applies, in order.</summary>
    public static ImmutableArray<MigrationScript> All { get; } = Load(Folder);

    /// <summary>What takes the scripts of <see cref="All"/> back, under the same ids.</summary>
    public static ImmutableArray<MigrationScript> Down { get; } = Load(DownFolder);

    /// <summary>What is run on the SQLite store at each start, after it made its own tables: the catalogue and the triggers that keep it. Idempotent.</summary>
    public static ImmutableArray<MigrationScript> ForSqliteStore { get; } = Load(SqliteFolder);

    private static ImmutableArray<MigrationScript> Load(string folder)
    {
        var assembly = typeof(MigrationScripts).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && !name[folder.Length..].Contains('/', StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => new MigrationScript(Path.GetFileNameWithoutExtension(name), Read(name))),
        ];

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }
}
