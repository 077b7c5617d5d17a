using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using Orleans.TestingHost;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>A silo in this process, with a store and nodes that the tests control.</summary>
public class TestCluster : IAsyncLifetime
{
    private InProcessTestCluster? _cluster;

    public IGrainFactory Grains => _cluster!.Client;

    public TestStore Store { get; } = new();

    public FakeNodes Nodes { get; } = new();

    public GrainShutdown Shutdown { get; } = new();

    public WarningLog Log { get; } = new();

    public static GrainOptions Options { get; } = new()
    {
        VirtualStorages = [new VirtualStorageOptions { Name = "default", Storages = ["P", "S1", "S2"] }],
        UpkeepPeriod = TimeSpan.FromMilliseconds(20),
        WriteLease = TimeSpan.FromSeconds(5),
        SettlingConfirmation = TimeSpan.FromMilliseconds(300),
        RepairBackoff = TimeSpan.FromMilliseconds(20),
        MaxOpenWrites = 16,
        CopiesPerTarget = 2,
        SurplusGrace = TimeSpan.FromMilliseconds(20),
        VerificationPeriod = TimeSpan.FromMilliseconds(20),
        VerificationBatch = 2,
        VerificationLease = TimeSpan.FromMilliseconds(500),
        ReconciliationInterval = TimeSpan.FromMilliseconds(100),
        ReconciliationBatch = 3,
        MaxWaitingWrites = 12,
        TurnSlice = TimeSpan.FromMilliseconds(50),
        WalkInterval = TimeSpan.Zero,
        WalkCheckInterval = TimeSpan.FromMilliseconds(20),
        WalkBatch = 2,
    };

    protected virtual GrainOptions Effective => Options;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseInMemoryReminderService();
            silo.Services.AddKeyedSingleton<IGrainStorage>(GrainOptions.StorageProvider, new OrleansStore(Store));
            AddServices(silo.Services);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster!.DisposeAsync();

    private void AddServices(IServiceCollection services)
    {
        services.AddSingleton<INodeGateway>(Nodes);
        services.AddSingleton<INodeDirectory>(Nodes);
        services.AddSingleton<IRepositoryCatalogue>(new FakeCatalogue(Store));
        services.AddSingleton(Shutdown);
        services.AddLogging(logging => logging.AddProvider(Log));
        services.AddPraefectGrains(Effective);
    }

    private sealed class OrleansStore(TestStore store) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var row = store.Read(Key(stateName, grainId));
            grainState.State = row?.Json is { } json ? JsonSerializer.Deserialize<T>(json)! : Activator.CreateInstance<T>();
            grainState.ETag = row?.Version.ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = row?.Json is not null;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            SaveAsync(stateName, grainId, grainState, JsonSerializer.Serialize(grainState.State));

        public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await SaveAsync(stateName, grainId, grainState, null);
            grainState.State = Activator.CreateInstance<T>();
        }

        private async Task SaveAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, string? json)
        {
            var expected = grainState.ETag is { } etag ? long.Parse(etag, CultureInfo.InvariantCulture) : (long?)null;
            var version = await store.WriteAsync(Key(stateName, grainId), json, expected) ?? throw new InconsistentStateException("another writer was first");
            grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = json is not null;
        }

        private static string Key(string stateName, GrainId grainId) => $"{stateName}|{grainId}";
    }
}

/// <summary>The same with turns switched off.</summary>
public sealed class TestClusterWithoutTurns : TestCluster
{
    protected override GrainOptions Effective => Options with { WriteTurns = false };
}

/// <summary>The same with disks that are searched for what has no record.</summary>
public sealed class TestClusterWithWalks : TestCluster
{
    protected override GrainOptions Effective => Options with { WalkInterval = TimeSpan.FromHours(1) };
}

/// <summary>The same with little patience for slow writes.</summary>
public sealed class TestClusterWithShortTurns : TestCluster
{
    protected override GrainOptions Effective => Options with { TurnHold = TimeSpan.FromMilliseconds(500) };
}

/// <summary>The same with nothing done by the clock for a minute.</summary>
public sealed class TestClusterWithoutUpkeep : TestCluster
{
    protected override GrainOptions Effective => Options with { UpkeepPeriod = TimeSpan.FromMinutes(1) };
}

/// <summary>The same with a store that no other process can have.</summary>
public sealed class TestClusterOfOneProcess : TestCluster
{
    protected override GrainOptions Effective => Options with { OneProcess = true };
}

/// <summary>The same with more patience for a comparison of replicas than any caller has.</summary>
public sealed class TestClusterWithPatience : TestCluster
{
    protected override GrainOptions Effective => Options with { SettlingTimeout = TimeSpan.FromMinutes(5), SettlingWait = TimeSpan.FromSeconds(20) };
}

/// <summary>One cluster for all tests of repository grains: each has a virtual storage of its own.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterTests : ICollectionFixture<TestCluster>
{
    public const string Name = "cluster";
}
