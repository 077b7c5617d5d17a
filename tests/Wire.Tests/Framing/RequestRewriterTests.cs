using Google.Protobuf;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Wire.Tests.Framing;

public sealed class RequestRewriterTests
{
    [Fact]
    public async Task Target_is_rewritten_and_everything_else_kept()
    {
        var request = new RefExistsRequest
        {
            Repository = new Repository { StorageName = "default", RelativePath = "@hashed/a.git", GlRepository = "project-1", GitAlternateObjectDirectories = { "x", "y" } },
            Ref = ByteString.CopyFromUtf8("refs/heads/main"),
        };
        var expected = request.Clone();
        expected.Repository.StorageName = "gitaly-1";
        expected.Repository.RelativePath = "@cluster/repositories/6b/86/1";
        Assert.Equal(expected, RefExistsRequest.Parser.ParseFrom(await RewriteAsync(Methods.Ref.RefExists, request.ToByteArray(), "gitaly-1", "@cluster/repositories/6b/86/1")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(20_000)]
    public async Task Enclosing_lengths_grow_and_shrink_over_the_sizes_of_their_numbers(int length)
    {
        var request = new UserCommitFilesRequest { Header = new UserCommitFilesRequestHeader { Repository = new Repository { StorageName = "s", RelativePath = new string('p', 130) }, CommitMessage = ByteString.CopyFromUtf8("m") } };
        var expected = request.Clone();
        expected.Header.Repository.StorageName = "t";
        expected.Header.Repository.RelativePath = new string('q', length);
        Assert.Equal(expected, UserCommitFilesRequest.Parser.ParseFrom(await RewriteAsync(Methods.Operation.UserCommitFiles, request.ToByteArray(), "t", new string('q', length))));
    }

    [Fact]
    public async Task Absent_fields_are_added()
    {
        var rewritten = RefExistsRequest.Parser.ParseFrom(await RewriteAsync(Methods.Ref.RefExists, new RefExistsRequest { Repository = new Repository() }.ToByteArray(), "s", "p"));
        Assert.Equal(new Repository { StorageName = "s", RelativePath = "p" }, rewritten.Repository);
    }

    [Fact]
    public async Task A_target_given_twice_is_merged_as_parsers_do()
    {
        byte[] twice =
        [
            .. new RefExistsRequest { Repository = new Repository { StorageName = "first", RelativePath = "one", GlRepository = "kept" } }.ToByteArray(),
            .. new RefExistsRequest { Ref = ByteString.CopyFromUtf8("r"), Repository = new Repository { RelativePath = "two" } }.ToByteArray(),
        ];
        var fields = RequestRewriter.ReadRepository(twice, Target(Methods.Ref.RefExists));
        Assert.Equal(new RepositoryFields(true, "first", "two"), fields);
        var rewritten = RefExistsRequest.Parser.ParseFrom(await RewriteAsync(Methods.Ref.RefExists, twice, "s", "p"));
        Assert.Equal(new Repository { StorageName = "s", RelativePath = "p", GlRepository = "kept" }, rewritten.Repository);
    }

    [Fact]
    public async Task A_repository_in_an_earlier_one_of_two_pools_counts()
    {
        byte[] twice =
        [
            .. new DeleteObjectPoolRequest { ObjectPool = new ObjectPool { Repository = new Repository { StorageName = "a", RelativePath = "b" } } }.ToByteArray(),
            .. new DeleteObjectPoolRequest { ObjectPool = new ObjectPool() }.ToByteArray(),
        ];
        Assert.Equal(new RepositoryFields(true, "a", "b"), RequestRewriter.ReadRepository(twice, Target(Methods.ObjectPool.DeleteObjectPool)));
        var rewritten = DeleteObjectPoolRequest.Parser.ParseFrom(await RewriteAsync(Methods.ObjectPool.DeleteObjectPool, twice, "s", "p"));
        Assert.Equal(new Repository { StorageName = "s", RelativePath = "p" }, rewritten.ObjectPool.Repository);
    }

    [Fact]
    public void A_header_that_a_later_member_of_its_oneof_replaced_is_not_there()
    {
        var header = new UserCommitFilesRequest { Header = new UserCommitFilesRequestHeader { Repository = new Repository { StorageName = "a" } } }.ToByteArray();
        var action = new UserCommitFilesRequest { Action = new UserCommitFilesAction { Content = ByteString.CopyFromUtf8("x") } }.ToByteArray();
        var path = Target(Methods.Operation.UserCommitFiles);
        Assert.False(RequestRewriter.ReadRepository([.. header, .. action], path).Present);
        Assert.True(RequestRewriter.ReadRepository([.. action, .. header], path).Present);
        Assert.False(RequestRewriter.ReadRepository(action, path).Present);
    }

    [Fact]
    public void Unset_and_empty_are_told_apart()
    {
        var path = Target(Methods.ObjectPool.GetObjectPool);
        Assert.Equal(RepositoryFields.None, RequestRewriter.ReadRepository([], path));
        Assert.Equal(new RepositoryFields(true, "", ""), RequestRewriter.ReadRepository(new GetObjectPoolRequest { Repository = new Repository() }.ToByteArray(), path));
        var pool = Target(Methods.ObjectPool.DeleteObjectPool);
        Assert.False(RequestRewriter.ReadRepository(new DeleteObjectPoolRequest { ObjectPool = new ObjectPool() }.ToByteArray(), pool).Present);
    }

    [Fact]
    public async Task Additional_repository_is_rewritten_wherever_it_stands()
    {
        var link = new LinkRepositoryToObjectPoolRequest
        {
            ObjectPool = new ObjectPool { Repository = new Repository { StorageName = "vs", RelativePath = "pool" } },
            Repository = new Repository { StorageName = "vs", RelativePath = "member" },
        };
        foreach (var bytes in new[] { link.ToByteArray(), Reversed(link) })
        {
            var rewritten = LinkRepositoryToObjectPoolRequest.Parser.ParseFrom(await RewriteAsync(Methods.ObjectPool.LinkRepositoryToObjectPool, bytes, "node", "@cluster/m", "@cluster/p"));
            Assert.Equal(new Repository { StorageName = "node", RelativePath = "@cluster/m" }, rewritten.Repository);
            Assert.Equal(new Repository { StorageName = "node", RelativePath = "@cluster/p" }, rewritten.ObjectPool.Repository);
        }

        static byte[] Reversed(LinkRepositoryToObjectPoolRequest r) =>
        [
            .. new LinkRepositoryToObjectPoolRequest { Repository = r.Repository }.ToByteArray(),
            .. new LinkRepositoryToObjectPoolRequest { ObjectPool = r.ObjectPool }.ToByteArray(),
        ];
    }

    [Fact]
    public async Task An_unset_additional_repository_stays_unset()
    {
        var request = new FetchIntoObjectPoolRequest { ObjectPool = new ObjectPool { Repository = new Repository { StorageName = "vs", RelativePath = "pool" } } };
        var rewritten = FetchIntoObjectPoolRequest.Parser.ParseFrom(await RewriteAsync(Methods.ObjectPool.FetchIntoObjectPool, request.ToByteArray(), "n", "p", "o"));
        Assert.Null(rewritten.Origin);
        Assert.Equal("p", rewritten.ObjectPool.Repository.RelativePath);
    }

    [Fact]
    public async Task A_storage_name_is_read_and_replaced_or_added()
    {
        var method = Method(Methods.InternalGitaly.WalkRepos);
        byte[] twice = [.. new WalkReposRequest { StorageName = "a" }.ToByteArray(), .. new WalkReposRequest { StorageName = "b" }.ToByteArray()];
        Assert.Equal("b", RequestRewriter.ReadString(twice, method.Storage!));
        Assert.Equal("", RequestRewriter.ReadString([], method.Storage!));
        foreach (var bytes in new[] { twice, [] })
        {
            using var frame = await FirstFrameTests.CutAsync([FirstFrameTests.Frame(bytes)]);
            using var rewritten = RequestRewriter.RewriteStorage(frame!, method, "node-3");
            Assert.Equal("node-3", WalkReposRequest.Parser.ParseFrom(rewritten.Memory.Span[5..]).StorageName);
        }
    }

    [Fact]
    public async Task A_request_without_target_is_an_invalid_argument()
    {
        var error = await Assert.ThrowsAsync<GrpcException>(() => RewriteAsync(Methods.Ref.RefExists, [], "s", "p"));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.InvalidArgument, "repository not set"), error.Status);
    }

    [Theory]
    [InlineData("0a05")]
    [InlineData("0aff")]
    [InlineData("0affffffff7f")]
    [InlineData("0b")]
    [InlineData("0c")]
    [InlineData("07")]
    [InlineData("00")]
    [InlineData("08ffffffffffffffffffff01")]
    [InlineData("0a021202")]
    [InlineData("0a041202ff61")]
    [InlineData("0b14")]
    public void Bytes_that_are_not_protobuf_are_internal_errors(string hex)
    {
        var error = Assert.Throws<GrpcException>(() => RequestRewriter.ReadRepository(Convert.FromHexString(hex), Target(Methods.Ref.RefExists)));
        Assert.Equal(GrpcStatusCode.Internal, error.Status.Code);
    }

    [Fact]
    public void Deeply_nested_groups_are_refused_without_recursion()
    {
        var nested = Enumerable.Repeat((byte)0x13, 1_000_000).ToArray();
        Assert.Equal(GrpcStatusCode.Internal, Assert.Throws<GrpcException>(() => RequestRewriter.ReadRepository(nested, Target(Methods.Ref.RefExists))).Status.Code);
    }

    [Fact]
    public async Task Rewriting_allocates_nothing_but_its_output()
    {
        using var frame = await FirstFrameTests.CutAsync([FirstFrameTests.Frame(new RefExistsRequest { Repository = new Repository { StorageName = "default", RelativePath = "@hashed/a.git" } }.ToByteArray())]);
        var method = Method(Methods.Ref.RefExists);
        for (var i = 0; i < 100; i++)
        {
            RequestRewriter.Rewrite(frame!, method, "gitaly-1", "@cluster/1", null).Dispose();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            RequestRewriter.Rewrite(frame!, method, "gitaly-1", "@cluster/1", null).Dispose();
        }

        // One small object that owns the pooled buffer.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * 40);
    }

    internal static RpcMethod Method(string path) => RpcRegistry.TryFind(path, out var method) ? method : throw new ArgumentException("unknown method", nameof(path));

    internal static FieldPath Target(string path) => Method(path).Target!;

    internal static async Task<byte[]> RewriteAsync(string path, byte[] message, string storage, string replicaPath, string? additional = null)
    {
        using var frame = await FirstFrameTests.CutAsync([FirstFrameTests.Frame(message)]);
        using var rewritten = RequestRewriter.Rewrite(frame!, Method(path), storage, replicaPath, additional);
        var bytes = rewritten.Memory.ToArray();
        Assert.Equal(FirstFrameTests.Frame(bytes[5..]), bytes);
        return bytes[5..];
    }
}
