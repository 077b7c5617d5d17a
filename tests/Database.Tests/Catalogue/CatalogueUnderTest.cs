using Npgsql;
using Praefect.Database.Catalogue;
using Praefect.Grains.Catalogue;
using Praefect.Store;

namespace Praefect.Database.Tests.Catalogue;

/// <summary>A store with its catalogue. Each record is a state of its own, by its relative path; without an id it is cleared.</summary>
internal abstract class CatalogueUnderTest : IAsyncDisposable
{
    public abstract IRepositoryCatalogue Open(int pageSize = 1000);

    public abstract Task WriteAsync(Record record);

    public abstract Task<IReadOnlyList<string>> ContentsAsync();

    public abstract ValueTask DisposeAsync();
}

internal sealed class PostgresUnderTest(NpgsqlDataSource dataSource) : CatalogueUnderTest
{
    private readonly Dictionary<string, int?> _versions = new(StringComparer.Ordinal);

    public override IRepositoryCatalogue Open(int pageSize = 1000) => new PostgresCatalogue(dataSource, pageSize);

    public override async Task WriteAsync(Record record)
    {
        var writer = new GrainStateWriter(dataSource);
        var version = _versions.GetValueOrDefault(record.RelativePath);
        if (record.RepositoryId == 0 && version is null)
            return;
        _versions[record.RelativePath] = record.RepositoryId == 0
            ? await writer.ClearAsync("default/" + record.RelativePath, version, delete: false)
            : await writer.WriteAsync("default/" + record.RelativePath, Records.Json(record), version);
        Assert.NotNull(_versions[record.RelativePath]);
    }

    public override Task<IReadOnlyList<string>> ContentsAsync() => CatalogueContents.ReadAsync(dataSource);

    public override ValueTask DisposeAsync() => dataSource.DisposeAsync();
}

internal sealed class SqliteUnderTest : CatalogueUnderTest
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-catalogue-").FullName;
    private readonly Dictionary<string, long?> _versions = new(StringComparer.Ordinal);

    public string FilePath => Path.Combine(_folder, "store.db");

    public SqliteStore Store { get; private set; } = null!;

    public static async Task<SqliteUnderTest> CreateAsync(bool scripts = true)
    {
        var created = new SqliteUnderTest();
        await created.StartAsync(scripts);
        return created;
    }

    public async Task StartAsync(bool scripts = true)
    {
        Store = new SqliteStore(new SqliteStoreOptions
        {
            Path = FilePath,
            Durable = false,
            SchemaScripts = scripts ? [.. MigrationScripts.ForSqliteStore.Select(static script => script.Text)] : [],
        });
        await Store.OpenAsync(default);
    }

    public override IRepositoryCatalogue Open(int pageSize = 1000) => new SqliteCatalogue(Store, pageSize);

    public override async Task WriteAsync(Record record)
    {
        var key = new StateKey("repository", "default/" + record.RelativePath, "repository");
        var version = _versions.GetValueOrDefault(record.RelativePath);
        if (record.RepositoryId != 0)
            _versions[record.RelativePath] = await Store.WriteStateAsync(key, Records.Json(record, withNulls: true), version, default);
        else if (version is { } last)
            _versions[record.RelativePath] = await Store.ClearStateAsync(key, last, default);
    }

    public override Task<IReadOnlyList<string>> ContentsAsync() => CatalogueContents.ReadAsync(Store);

    public override async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
