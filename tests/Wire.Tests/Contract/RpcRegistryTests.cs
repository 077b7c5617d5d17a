using Praefect.Wire.Contract;

namespace Praefect.Wire.Tests.Contract;

public sealed class RpcRegistryTests
{
    private static readonly string[] s_baseline = ["16.7", "16.8", "16.9", "16.11"];

    private static IEnumerable<RpcMethod> Baseline => RpcRegistry.All.Values.Where(m => s_baseline.Contains(m.Since));

    [Theory]
    [InlineData(RpcOperation.Accessor, RpcScope.Repository, 94)]
    [InlineData(RpcOperation.Accessor, RpcScope.Storage, 2)]
    [InlineData(RpcOperation.Mutator, RpcScope.Repository, 45)]
    [InlineData(RpcOperation.Mutator, RpcScope.Storage, 1)]
    [InlineData(RpcOperation.Maintenance, RpcScope.Repository, 2)]
    [InlineData(RpcOperation.None, RpcScope.None, 12)]
    public void Gitaly_16_11_has_as_many_RPCs_of_each_class_as_its_protocol_says(RpcOperation operation, RpcScope scope, int expected) =>
        Assert.Equal(expected, Baseline.Count(m => m.Operation == operation && m.Scope == scope));

    [Fact]
    public void Gitaly_16_11_has_156_RPCs_and_later_versions_added_18()
    {
        Assert.Equal(156, Baseline.Count());
        Assert.Equal(174, RpcRegistry.All.Count);
    }

    [Fact]
    public void Streaming_kinds_are_those_of_the_protocol()
    {
        Assert.Equal(76, Baseline.Count(m => m is { ClientStreaming: false, ServerStreaming: false }));
        Assert.Equal(54, Baseline.Count(m => m is { ClientStreaming: false, ServerStreaming: true }));
        Assert.Equal(11, Baseline.Count(m => m is { ClientStreaming: true, ServerStreaming: false }));
        Assert.Equal(15, Baseline.Count(m => m is { ClientStreaming: true, ServerStreaming: true }));
    }

    [Fact]
    public void Every_routed_RPC_has_what_its_routing_needs()
    {
        foreach (var method in RpcRegistry.All.Values.Where(m => m.Handling is RpcHandling.Proxy or RpcHandling.Handler))
        {
            Assert.NotEqual(RpcOperation.None, method.Operation);
            Assert.Equal(method.Scope == RpcScope.Repository, method.Target is not null);
            Assert.Equal(method.Scope == RpcScope.Storage, method.Storage is not null);
            Assert.Equal($"/{method.Service}/{method.Name}", method.Path);
        }
    }

    [Fact]
    public void An_unknown_method_is_not_found()
    {
        Assert.False(RpcRegistry.TryFind("/gitaly.RefService/NoSuchMethod", out _));
        Assert.False(RpcRegistry.TryFind("/gitaly.refservice/RefExists", out _));
        Assert.False(RpcRegistry.TryFind("", out _));
    }

    [Fact]
    public void Intercepted_services_are_answered_here()
    {
        var own = RpcRegistry.All.Values.Where(m => m.Handling == RpcHandling.Own).ToList();
        Assert.Equal(13, own.Count);
        Assert.Equal(["gitaly.PraefectInfoService", "gitaly.RefTransaction", "gitaly.ServerService"], own.Select(m => m.Service).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(own, m => Assert.Equal(RpcOperation.None, m.Operation));
    }

    [Fact]
    public void Handlers_of_routed_services_are_seven()
    {
        string[] expected = ["DeleteObjectPool", "GetObjectPool", "RemoveAll", "RemoveRepository", "ReplicateRepository", "RepositoryExists", "WalkRepos"];
        Assert.Equal(expected, RpcRegistry.All.Values.Where(m => m.Handling == RpcHandling.Handler).Select(m => m.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(Methods.Ref.RefExists, "1")]
    [InlineData(Methods.ObjectPool.LinkRepositoryToObjectPool, "2")]
    [InlineData(Methods.ObjectPool.CreateObjectPool, "1/1")]
    [InlineData(Methods.ObjectPool.FetchIntoObjectPool, "2/1")]
    [InlineData(Methods.Operation.UserCommitFiles, "1/1")]
    [InlineData(Methods.RefTransaction.VoteTransaction, "1")]
    public void Targets_lie_where_the_protocol_puts_them(string path, string numbers)
    {
        Assert.True(RpcRegistry.TryFind(path, out var method));
        Assert.Equal(numbers, method.Target!.ToString());
    }

    [Fact]
    public void Only_four_targets_are_elsewhere_than_in_field_1_or_a_pool()
    {
        var headers = RpcRegistry.All.Values.Where(m => m.Target is { } t && t.Steps[0].OneofSiblingTag != 0).Select(m => m.Name).Order(StringComparer.Ordinal);
        Assert.Equal(["ResolveConflicts", "UserApplyPatch", "UserCommitFiles", "UserRebaseConfirmable"], headers, StringComparer.Ordinal);
    }

    [Fact]
    public void Three_RPCs_name_an_additional_repository()
    {
        var found = RpcRegistry.All.Values.Where(m => m.AdditionalRepository is not null).ToDictionary(m => m.Name, m => m.AdditionalRepository!.ToString(), StringComparer.Ordinal);
        Assert.Equal(3, found.Count);
        Assert.Equal("2", found["CreateObjectPool"]);
        Assert.Equal("1/1", found["LinkRepositoryToObjectPool"]);
        Assert.Equal("1", found["FetchIntoObjectPool"]);
    }

    [Fact]
    public void All_repository_mutators_of_16_11_vote_but_creating_and_deleting_a_pool()
    {
        var silent = Baseline.Where(m => m is { Operation: RpcOperation.Mutator, Scope: RpcScope.Repository, Votes: false }).Select(m => m.Name);
        Assert.Equal(["CreateObjectPool", "DeleteObjectPool"], silent.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Eight_RPCs_create_and_two_of_them_update_what_exists()
    {
        Assert.Equal(8, RpcRegistry.All.Values.Count(m => m.Creates));
        Assert.Equal(["ReplicateRepository", "RestoreRepository"], RpcRegistry.All.Values.Where(m => m.Upserts).Select(m => m.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Reads_that_depend_on_the_replica_go_to_the_primary()
    {
        string[] expected = ["CommitLanguages", "GetObjectDirectorySize", "RepositorySize"];
        Assert.Equal(expected, RpcRegistry.All.Values.Where(m => m.ForcesPrimary).Select(m => m.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void Removed_RPCs_stay_routable_for_the_nodes_that_have_them()
    {
        var removed = RpcRegistry.All.Values.Where(m => m.RemovedIn is not null).ToDictionary(m => m.Name, m => m.RemovedIn, StringComparer.Ordinal);
        Assert.Equal(6, removed.Count);
        Assert.Equal("17.8", removed["SSHUploadPack"]);
        Assert.All(RpcRegistry.All.Values.Where(m => m.RemovedIn is not null), m => Assert.NotEqual(RpcHandling.Refused, m.Handling));
    }

    [Fact]
    public void CommitLanguages_is_a_read_that_becomes_a_silent_mutator()
    {
        Assert.True(RpcRegistry.TryFind(Methods.Commit.CommitLanguages, out var method));
        Assert.Equal(new OperationChange(RpcOperation.Mutator, "18.4"), method.LaterOperation);
        Assert.False(method.Votes);
    }

    [Fact]
    public void Node_to_node_RPCs_are_refused()
    {
        var refused = RpcRegistry.All.Values.Where(m => m.Handling == RpcHandling.Refused).ToList();
        Assert.Equal(8, refused.Count);
        Assert.Equal(5, refused.Count(m => m.Service == "gitaly.RaftService"));
    }

    [Theory]
    [InlineData("/gitaly.A/B\tnn\tshredder\trepository\t1\t-\t-\tproxy\t-\t1\tA\tB", "shredder")]
    [InlineData("/gitaly.A/B\tnn\taccessor\tgalaxy\t1\t-\t-\tproxy\t-\t1\tA\tB", "galaxy")]
    [InlineData("/gitaly.A/B\tnn\taccessor\trepository\t1\t-\t-\tproxy\tmaybe\t1\tA\tB", "maybe")]
    [InlineData("/gitaly.A/B\tnn\taccessor\trepository\t1\t-\t-\tsomehow\t-\t1\tA\tB", "somehow")]
    [InlineData("/gitaly.A/B\tnx\taccessor\trepository\t1\t-\t-\tproxy\t-\t1\tA\tB", "nx")]
    [InlineData("/gitaly.A/B\tnn\taccessor\trepository\t0\t-\t-\tproxy\t-\t1\tA\tB", "field path")]
    [InlineData("/gitaly.A/B\tnn\taccessor\trepository\t-\t-\t-\tproxy\t-\t1\tA\tB", "target")]
    [InlineData("/gitaly.A/B\tnn\taccessor\tstorage\t-\t-\t-\tproxy\t-\t1\tA\tB", "storage name")]
    [InlineData("/gitaly.A/B\tnn\taccessor\trepository\t1\t-\t-\tproxy\tvotes\t1\tA\tB", "only mutators vote")]
    [InlineData("/gitaly.A/B\tnn\t-\t-\t-\t-\t-\tproxy\t-\t1\tA\tB", "operation")]
    [InlineData("/gitaly.A/B\tnn\taccessor", "columns")]
    [InlineData("nonsense\tnn\taccessor\trepository\t1\t-\t-\tproxy\t-\t1\tA\tB", "method path")]
    public void A_row_that_is_not_understood_stops_the_load_and_names_the_line(string row, string complaint)
    {
        var error = Assert.Throws<FormatException>(() => RpcTable.Parse(new StringReader("# comment\nheader\n" + row)).ToList());
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }
}
