using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Tests.Coordination;

/// <summary>What a gateway decides by, without a gateway: grains do what the test says, and calls are what the test makes of them.</summary>
internal sealed class Decisions : IAsyncDisposable
{
    public static readonly ImmutableArray<string> Storages = ["a", "b", "c"];
    public static readonly RepositoryKey Key = new("default", "group/project.git");

    /// <summary>How long a condition may take on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services;

    public Decisions(Action<GatewayOptions>? configure = null)
    {
        var options = new GatewayOptions { GraceAfterPrimaryFailure = TimeSpan.FromMilliseconds(100) };
        configure?.Invoke(options);
        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IGatewayGrains>(Grains)
            .AddSingleton(new RandomChoice(7))
            .AddSingleton(new TransactionDirectory(1))
            .AddDecisions(options)
            .BuildServiceProvider();
        Nodes = new VirtualStorageNodes(Key.VirtualStorage, [.. Storages.Select(s => new GatewayNode(new NodeKey(Key.VirtualStorage, s), connection: null))]);
    }

    public FakeGrains Grains { get; } = new(Storages);

    public FakeRepository Repository => Grains.At(Key.VirtualStorage, Key.RelativePath);

    public VirtualStorageNodes Nodes { get; }

    public TransactionDirectory Directory => Get<TransactionDirectory>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>A route as a grain gives it: the first storage is the primary.</summary>
    public MutatorRoute Route(params string[] storages) => new(Directory.NextId(), FakeRepository.ReplicaPath, storages[0], [.. storages.Skip(1)], [], Creates: false);
}
