using Microsoft.Extensions.DependencyInjection;
using Praefect.Grains.Nodes;
#if GRAINS_ORLEANS
using Orleans.Core.Internal;
using Orleans.Storage;
using Orleans.TestingHost;
#endif

namespace Praefect.Grains.Tests.Cluster;

/// <summary>The grain runtime in memory, with a store and nodes that the tests control. The only file that knows which runtime it is.</summary>
public sealed class TestCluster : IAsyncLifetime
{
#if GRAINS_ORLEANS
    private InProcessTestCluster? _cluster;

    public IGrainFactory Grains => _cluster!.Client;
#endif

    public TestStore Store { get; } = new();

    public FakeNodes Nodes { get; } = new();

    public static GrainOptions Options { get; } = new()
    {
        VirtualStorages = [new VirtualStorageOptions { Name = "default", Storages = ["P", "S1", "S2"] }],
        UpkeepPeriod = TimeSpan.FromMilliseconds(20),
        WriteLease = TimeSpan.FromSeconds(5),
        SettlingConfirmation = TimeSpan.FromMilliseconds(300),
        RepairBackoff = TimeSpan.FromMilliseconds(20),
        MaxOpenWrites = 16,
    };

    public async Task InitializeAsync()
    {
#if GRAINS_ORLEANS
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseInMemoryReminderService();
            silo.Services.AddKeyedSingleton<IGrainStorage>(GrainOptions.StorageProvider, new OrleansStore(Store));
            AddServices(silo.Services);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
#endif
    }

    public async Task DisposeAsync()
    {
#if GRAINS_ORLEANS
        await _cluster!.DisposeAsync();
#endif
    }

    /// <summary>Ends a grain's activation, as a crash of its silo would: nothing that only it knew remains.</summary>
    public static async Task DeactivateAsync(IGrainWithStringKey grain)
    {
#if GRAINS_ORLEANS
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
#endif
    }

    private void AddServices(IServiceCollection services)
    {
        services.AddSingleton<INodeGateway>(Nodes);
        services.AddSingleton<INodeDirectory>(Nodes);
        services.AddPraefectGrains(Options);
    }

#if GRAINS_ORLEANS
    private sealed class OrleansStore(TestStore store) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var (state, etag) = store.Read<T>(Key(stateName, grainId));
            grainState.State = state ?? Activator.CreateInstance<T>();
            grainState.ETag = etag;
            grainState.RecordExists = etag is not null;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => SaveAsync(stateName, grainId, grainState, clear: false);

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => SaveAsync(stateName, grainId, grainState, clear: true);

        private async Task SaveAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, bool clear)
        {
            grainState.ETag = await store.WriteAsync(Key(stateName, grainId), grainState.State, grainState.ETag, clear)
                ?? throw new InconsistentStateException("another writer was first");
            grainState.RecordExists = !clear;
            if (!clear)
                return;
            grainState.ETag = null;
            grainState.State = Activator.CreateInstance<T>();
        }

        private static string Key(string stateName, GrainId grainId) => $"{stateName}|{grainId}";
    }
#endif
}

/// <summary>One cluster for all tests of repository grains: each has a virtual storage of its own.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterTests : ICollectionFixture<TestCluster>
{
    public const string Name = "cluster";
}
