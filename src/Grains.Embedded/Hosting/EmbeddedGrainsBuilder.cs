using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Praefect.Grains.Embedded.Grains;
using Praefect.Store;

namespace Praefect.Grains.Embedded;

/// <summary>Which grains run, where their state lives, and the options.</summary>
public sealed class EmbeddedGrainsBuilder
{
    private readonly List<Type> _grainTypes = [];

    internal IReadOnlyList<Type> GrainTypes => _grainTypes;

    internal EmbeddedOptions Options { get; } = new();

    internal Func<IServiceProvider, IGrainStore>? Store { get; private set; }

    internal List<Action<IServiceProvider, EmbeddedOptions>> Configurations { get; } = [];

    /// <summary>Adds all grain classes of an assembly.</summary>
    public EmbeddedGrainsBuilder AddGrains(Assembly assembly)
    {
        _grainTypes.AddRange(GrainClasses.In(assembly));
        return this;
    }

    /// <summary>Adds one grain class.</summary>
    public EmbeddedGrainsBuilder AddGrain<TGrain>()
        where TGrain : Orleans.IGrainBase
    {
        _grainTypes.Add(typeof(TGrain));
        return this;
    }

    /// <summary>Changes the options.</summary>
    public EmbeddedGrainsBuilder Configure(Action<EmbeddedOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Configure((_, options) => configure(options));
    }

    /// <summary>Changes the options with services at hand.</summary>
    public EmbeddedGrainsBuilder Configure(Action<IServiceProvider, EmbeddedOptions> configure)
    {
        Configurations.Add(configure);
        return this;
    }

    /// <summary>Keeps state in a SQLite file.</summary>
    public EmbeddedGrainsBuilder UseSqlite(SqliteStoreOptions options) => UseStore(_ => new SqliteStore(options));

    /// <summary>Keeps state in a SQLite file, with all other options at their defaults.</summary>
    public EmbeddedGrainsBuilder UseSqlite(string path) => UseSqlite(new SqliteStoreOptions { Path = path });

    /// <summary>Keeps state in Postgres.</summary>
    public EmbeddedGrainsBuilder UsePostgres(NpgsqlDataSource dataSource, PostgresStoreOptions? options = null) =>
        UseStore(_ => new PostgresStore(dataSource, options ?? new PostgresStoreOptions()));

    /// <summary>Keeps state in memory only.</summary>
    public EmbeddedGrainsBuilder UseMemory() => UseStore(static _ => new MemoryStore());

    /// <summary>Keeps state in a store of the caller's choice; the runtime disposes it.</summary>
    public EmbeddedGrainsBuilder UseStore(Func<IServiceProvider, IGrainStore> store)
    {
        Store = store;
        return this;
    }
}
