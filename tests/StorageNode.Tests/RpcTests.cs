using System.Text;
using Google.Protobuf;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Strategy = Praefect.Wire.Protos.OptimizeRepositoryRequest.Types.Strategy;

namespace Praefect.StorageNode.Tests;

public sealed class RpcTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestNode _node = null!;
    private string _work = null!;
    private string _head = null!;
    private string _url = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(_folder["storage"], token: "secret");
        await _node.CreateAsync();
        _work = await GitClient.WorkTreeAsync(_folder, "work");
        _head = await GitClient.RunAsync(_work, "rev-parse", "HEAD");
        _url = new Uri(await _node.ServeHttpAsync(), "a/b.git").ToString();
        await GitClient.RunAsync(_work, "push", "-q", _url, "main");
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc")]
    [InlineData("../x.git")]
    [InlineData("a/../../x.git")]
    [InlineData("a//b.git")]
    [InlineData("a/./b.git")]
    [InlineData("a/b.git/")]
    [InlineData("-a/b.git")]
    [InlineData("a/\0b.git")]
    [InlineData("a/\nb.git")]
    [InlineData("+storage-node/tmp/x")]
    [InlineData("a\\b.git")]
    public async Task Paths_that_could_lead_elsewhere_are_refused(string path)
    {
        var create = await TestNode.FailsAsync(() => _node.CreateAsync(path));
        var exists = await TestNode.FailsAsync(() => ExistsAsync(path));

        Assert.Equal((GrpcStatusCode.InvalidArgument, GrpcStatusCode.InvalidArgument), (create.Code, exists.Code));
    }

    [Fact]
    public async Task A_link_that_leaves_the_storage_is_not_followed()
    {
        _folder.Make("outside");
        Directory.CreateSymbolicLink(Path.Combine(_node.Path, "link"), _folder["outside"]);
        var status = await TestNode.FailsAsync(() => _node.CreateAsync("link/x.git"));

        Assert.Equal((GrpcStatusCode.InvalidArgument, "relative path escapes root directory"), (status.Code, status.Message));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["outside"]));
    }

    [Fact]
    public async Task Another_storage_is_unknown_and_none_is_not_set()
    {
        var other = await TestNode.FailsAsync(() => ExistsAsync("a/b.git", "other"));
        var none = await TestNode.FailsAsync(() => ExistsAsync("a/b.git", ""));
        var unset = await TestNode.FailsAsync(() => _node.CallAsync("RepositoryService/RepositoryExists", new RepositoryExistsRequest(), RepositoryExistsResponse.Parser));

        Assert.Equal("storage name not found: \"other\"", other.Message);
        Assert.Equal("storage is not set", none.Message);
        Assert.Equal("repository not set", unset.Message);
    }

    [Fact]
    public async Task A_repository_that_is_there_cannot_be_created_again_nor_inside_another()
    {
        Assert.Equal(GrpcStatusCode.AlreadyExists, (await TestNode.FailsAsync(() => _node.CreateAsync())).Code);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => _node.CreateAsync("a/b.git/c.git"))).Code);
        Assert.Equal(GrpcStatusCode.AlreadyExists, (await TestNode.FailsAsync(() => _node.CreateAsync("a"))).Code);
    }

    [Fact]
    public async Task A_missing_repository_is_not_found()
    {
        var checksum = await TestNode.FailsAsync(() => _node.ChecksumAsync("no.git"));
        var remove = await TestNode.FailsAsync(() => _node.CallAsync(
            "RepositoryService/RemoveRepository", new RemoveRepositoryRequest { Repository = _node.Repository("no.git") }, RemoveRepositoryResponse.Parser));

        Assert.Equal(GrpcStatusCode.NotFound, checksum.Code);
        Assert.Equal((GrpcStatusCode.NotFound, "repository does not exist"), (remove.Code, remove.Message));
    }

    [Fact]
    public async Task Sha256_repositories_are_made_and_say_so()
    {
        await _node.CallAsync(
            "RepositoryService/CreateRepository", new CreateRepositoryRequest { Repository = _node.Repository("s.git"), ObjectFormat = ObjectFormat.Sha256 }, CreateRepositoryResponse.Parser);

        Assert.Equal(ObjectFormat.Sha256, await FormatAsync("s.git"));
        Assert.Equal(ObjectFormat.Sha1, await FormatAsync("a/b.git"));
    }

    [Fact]
    public async Task The_checksum_is_the_exclusive_or_of_the_hashed_lines()
    {
        await GitClient.RunAsync(_node.Folder(), "update-ref", "refs/hidden/x", _head);
        var expected = new byte[20];
        foreach (var line in new[] { $"{_head} HEAD", $"{_head} refs/heads/main" })
        {
            var hash = System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(line));
            expected = expected.Zip(hash, (a, b) => (byte)(a ^ b)).ToArray();
        }

        Assert.Equal(Convert.ToHexStringLower(expected), await _node.ChecksumAsync());
    }

    [Fact]
    public async Task A_commit_is_found_by_name_and_an_unknown_one_is_not()
    {
        var found = await FindCommitAsync("refs/heads/main");
        Assert.Equal((_head, "first", "Tester", "tester@example.org"), (found.Commit.Id, found.Commit.Subject.ToStringUtf8(), found.Commit.Author.Name.ToStringUtf8(), found.Commit.Author.Email.ToStringUtf8()));
        Assert.Equal("first\n", found.Commit.Body.ToStringUtf8());
        Assert.NotEqual(0, found.Commit.Committer.Date.Seconds);
        Assert.Null((await FindCommitAsync("nothing")).Commit);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => FindCommitAsync("--all"))).Code);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => FindCommitAsync("main\nHEAD"))).Code);
    }

    [Fact]
    public async Task A_blob_comes_whole_in_part_or_not_at_all()
    {
        var id = await GitClient.RunAsync(_work, "rev-parse", "HEAD:file.txt");
        var whole = await BlobAsync(id, -1);
        var part = await BlobAsync(id, 2);
        var missing = await BlobAsync(new string('1', 40), -1);

        Assert.Equal((5L, id, "first"), (whole[0].Size, whole[0].Oid, string.Concat(whole.Select(piece => piece.Data.ToStringUtf8()))));
        Assert.Equal((5L, "fi"), (part[0].Size, part[0].Data.ToStringUtf8()));
        Assert.Equal(new GetBlobResponse(), Assert.Single(missing));
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => BlobAsync(_head, -1))).Code);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => BlobAsync("HEAD", -1))).Code);
    }

    [Fact]
    public async Task References_are_listed_by_pattern_with_head_and_peeled_tags()
    {
        await GitClient.RunAsync(_work, "tag", "-a", "v1", "-m", "one");
        await GitClient.RunAsync(_work, "push", "-q", _url, "v1");
        var request = new ListRefsRequest { Repository = _node.Repository(), Patterns = { ByteString.CopyFromUtf8("refs/") }, Head = true, PeelTags = true };
        var listed = (await _node.StreamAsync("RefService/ListRefs", [request], ListRefsResponse.Parser)).SelectMany(message => message.References).ToList();

        Assert.Equal(["HEAD", "refs/heads/main", "refs/tags/v1"], listed.Select(reference => reference.Name.ToStringUtf8()));
        Assert.Equal(_head, listed[2].PeeledTarget);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => _node.StreamAsync(
            "RefService/ListRefs", [new ListRefsRequest { Repository = _node.Repository() }], ListRefsResponse.Parser))).Code);
    }

    [Fact]
    public async Task Questions_about_references_are_answered()
    {
        var branch = await _node.CallAsync("RefService/FindDefaultBranchName", new FindDefaultBranchNameRequest { Repository = _node.Repository() }, FindDefaultBranchNameResponse.Parser);
        var local = await _node.CallAsync("RepositoryService/HasLocalBranches", new HasLocalBranchesRequest { Repository = _node.Repository() }, HasLocalBranchesResponse.Parser);

        Assert.Equal("refs/heads/main", branch.Name.ToStringUtf8());
        Assert.True(local.Value);
        Assert.True((await RefExistsAsync("refs/heads/main")).Value);
        Assert.False((await RefExistsAsync("refs/heads/none")).Value);
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => RefExistsAsync("main"))).Code);
    }

    [Theory]
    [InlineData("main")]
    [InlineData("refs/heads/a..b")]
    [InlineData("refs/heads/a b")]
    [InlineData("refs/heads/a\nrefs/heads/b")]
    [InlineData("refs/heads/a.lock")]
    [InlineData("refs/heads/.a")]
    [InlineData("--stdin")]
    public async Task Names_against_gits_rules_are_refused(string name) =>
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => WriteRefAsync(name, _head))).Code);

    [Fact]
    public async Task A_reference_is_written_only_from_its_old_value()
    {
        await WriteRefAsync("refs/heads/x", "refs/heads/main");
        var wrong = await TestNode.FailsAsync(() => WriteRefAsync("refs/heads/x", _head, new string('1', 40)));
        var missing = await TestNode.FailsAsync(() => WriteRefAsync("refs/heads/y", "no-such"));

        Assert.Equal((GrpcStatusCode.FailedPrecondition, GrpcStatusCode.NotFound), (wrong.Code, missing.Code));
    }

    [Fact]
    public async Task References_are_deleted_by_name_or_all_but_some()
    {
        await WriteRefAsync("refs/tmp/x", _head);
        await WriteRefAsync("refs/tmp/y", _head);
        await DeleteAsync(new DeleteRefsRequest { Refs = { ByteString.CopyFromUtf8("refs/tmp/x"), ByteString.CopyFromUtf8("refs/tmp/none") } });
        Assert.False((await RefExistsAsync("refs/tmp/x")).Value);
        await DeleteAsync(new DeleteRefsRequest { ExceptWithPrefix = { ByteString.CopyFromUtf8("refs/heads/") } });
        Assert.Equal("refs/heads/main", await GitClient.RunAsync(_node.Folder(), "for-each-ref", "--format=%(refname)"));
        Assert.Equal(GrpcStatusCode.InvalidArgument, (await TestNode.FailsAsync(() => DeleteAsync(new DeleteRefsRequest()))).Code);
    }

    [Fact]
    public async Task A_bundle_makes_an_equal_repository_and_updates_one()
    {
        var bundle = await _node.StreamAsync("RepositoryService/CreateBundle", [new CreateBundleRequest { Repository = _node.Repository() }], CreateBundleResponse.Parser);
        var data = ByteString.CopyFrom(bundle.SelectMany(piece => piece.Data.ToByteArray()).ToArray());
        await _node.StreamAsync(
            "RepositoryService/CreateRepositoryFromBundle",
            [new CreateRepositoryFromBundleRequest { Repository = _node.Repository("n.git"), Data = data }],
            CreateRepositoryFromBundleResponse.Parser);
        Assert.Equal(await _node.ChecksumAsync(), await _node.ChecksumAsync("n.git"));

        await _node.CreateAsync("o.git");
        await _node.StreamAsync("RepositoryService/FetchBundle", [new FetchBundleRequest { Repository = _node.Repository("o.git"), Data = data, UpdateHead = true }], FetchBundleResponse.Parser);
        Assert.Equal(await _node.ChecksumAsync(), await _node.ChecksumAsync("o.git"));

        var status = await TestNode.FailsAsync(() => _node.StreamAsync(
            "RepositoryService/FetchBundle", [new FetchBundleRequest { Repository = _node.Repository("o.git"), Data = ByteString.CopyFromUtf8("no bundle") }], FetchBundleResponse.Parser));
        Assert.Equal(GrpcStatusCode.InvalidArgument, status.Code);
    }

    [Fact]
    public async Task Maintenance_changes_files_and_not_the_repository()
    {
        var before = await _node.ChecksumAsync();
        await _node.CallAsync("RepositoryService/OptimizeRepository", new OptimizeRepositoryRequest { Repository = _node.Repository(), Strategy = Strategy.Eager }, OptimizeRepositoryResponse.Parser);
        await _node.CallAsync("RepositoryService/PruneUnreachableObjects", new PruneUnreachableObjectsRequest { Repository = _node.Repository() }, PruneUnreachableObjectsResponse.Parser);

        Assert.Equal(before, await _node.ChecksumAsync());
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(_node.Folder(), "objects/pack"), "*.pack"));
        var size = await _node.CallAsync("RepositoryService/RepositorySize", new RepositorySizeRequest { Repository = _node.Repository() }, RepositorySizeResponse.Parser);
        var objects = await _node.CallAsync("RepositoryService/GetObjectDirectorySize", new GetObjectDirectorySizeRequest { Repository = _node.Repository() }, GetObjectDirectorySizeResponse.Parser);
        Assert.InRange(objects.Size, 1, size.Size);
    }

    [Fact]
    public async Task The_server_tells_of_itself()
    {
        var info = await _node.CallAsync("ServerService/ServerInfo", new ServerInfoRequest(), ServerInfoResponse.Parser);
        var disk = await _node.CallAsync("ServerService/DiskStatistics", new DiskStatisticsRequest(), DiskStatisticsResponse.Parser);
        var ready = await _node.CallAsync("ServerService/ReadinessCheck", new ReadinessCheckRequest(), ReadinessCheckResponse.Parser);
        var walk = await _node.StreamAsync("InternalGitaly/WalkRepos", [new WalkReposRequest { StorageName = "default" }], WalkReposResponse.Parser);

        Assert.True(info.StorageStatuses.Single().Writeable);
        Assert.StartsWith("2.", info.GitVersion, StringComparison.Ordinal);
        Assert.True(disk.StorageStatuses.Single().Available > 0);
        Assert.NotNull(ready.OkResponse);
        Assert.Equal(["a/b.git"], walk.Select(found => found.RelativePath));
    }

    [Fact]
    public async Task Only_holders_of_the_token_may_call()
    {
        var open = new GrpcChannel(_node.Connection.Plain);
        var wrong = new GrpcChannel(_node.Connection.Plain, () => Praefect.Wire.Auth.TokenV2.Create("other", DateTimeOffset.UtcNow));

        Assert.Equal(GrpcStatusCode.Unauthenticated, (await TestNode.FailsAsync(() => InfoAsync(open))).Code);
        Assert.Equal(GrpcStatusCode.PermissionDenied, (await TestNode.FailsAsync(() => InfoAsync(wrong))).Code);
        Assert.Equal(GrpcStatusCode.Unimplemented, (await TestNode.FailsAsync(() => _node.CallAsync("Nothing/Known", new ServerInfoRequest(), ServerInfoResponse.Parser))).Code);

        Task<ServerInfoResponse> InfoAsync(GrpcChannel channel) => _node.CallAsync("ServerService/ServerInfo", new ServerInfoRequest(), ServerInfoResponse.Parser, channel: channel);
    }

    [Fact]
    public async Task A_push_that_breaks_the_form_is_refused()
    {
        var noId = await TestNode.FailsAsync(() => PushAsync(new PostReceivePackRequest { Repository = _node.Repository() }));
        var early = await TestNode.FailsAsync(() => PushAsync(new PostReceivePackRequest { Repository = _node.Repository(), GlId = "user-1", Data = ByteString.CopyFromUtf8("x") }));
        var option = await TestNode.FailsAsync(() => PushAsync(new PostReceivePackRequest { Repository = _node.Repository(), GlId = "user-1", GitConfigOptions = { "core.sshCommand=touch /tmp/x" } }));

        Assert.Equal("empty GlId", noId.Message);
        Assert.Equal(GrpcStatusCode.InvalidArgument, early.Code);
        Assert.Contains("not allowed", option.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_over_ssh_ends_with_gits_exit_status()
    {
        var first = new SSHReceivePackRequest { Repository = _node.Repository(), GlId = "user-1" };
        var responses = await _node.StreamAsync("SSHService/SSHReceivePack", [first, new SSHReceivePackRequest { Stdin = ByteString.CopyFromUtf8("0000") }], SSHReceivePackResponse.Parser);

        Assert.Contains("refs/heads/main", string.Concat(responses.Select(response => response.Stdout.ToStringUtf8())), StringComparison.Ordinal);
        Assert.Equal(0, responses[^1].ExitStatus.Value);
    }

    private async Task<bool> ExistsAsync(string path, string storage = "default") => (await _node.CallAsync(
        "RepositoryService/RepositoryExists", new RepositoryExistsRequest { Repository = new Repository { StorageName = storage, RelativePath = path } }, RepositoryExistsResponse.Parser)).Exists;

    private async Task<ObjectFormat> FormatAsync(string path) =>
        (await _node.CallAsync("RepositoryService/ObjectFormat", new ObjectFormatRequest { Repository = _node.Repository(path) }, ObjectFormatResponse.Parser)).Format;

    private Task<FindCommitResponse> FindCommitAsync(string revision) => _node.CallAsync(
        "CommitService/FindCommit", new FindCommitRequest { Repository = _node.Repository(), Revision = ByteString.CopyFromUtf8(revision) }, FindCommitResponse.Parser);

    private Task<List<GetBlobResponse>> BlobAsync(string id, long limit) =>
        _node.StreamAsync("BlobService/GetBlob", [new GetBlobRequest { Repository = _node.Repository(), Oid = id, Limit = limit }], GetBlobResponse.Parser);

    private Task<RefExistsResponse> RefExistsAsync(string name) =>
        _node.CallAsync("RefService/RefExists", new RefExistsRequest { Repository = _node.Repository(), Ref = ByteString.CopyFromUtf8(name) }, RefExistsResponse.Parser);

    private Task<WriteRefResponse> WriteRefAsync(string name, string revision, string old = "") => _node.CallAsync(
        "RepositoryService/WriteRef",
        new WriteRefRequest { Repository = _node.Repository(), Ref = ByteString.CopyFromUtf8(name), Revision = ByteString.CopyFromUtf8(revision), OldRevision = ByteString.CopyFromUtf8(old) },
        WriteRefResponse.Parser);

    private Task<DeleteRefsResponse> DeleteAsync(DeleteRefsRequest request)
    {
        request.Repository = _node.Repository();
        return _node.CallAsync("RefService/DeleteRefs", request, DeleteRefsResponse.Parser);
    }

    private Task<List<PostReceivePackResponse>> PushAsync(PostReceivePackRequest first) =>
        _node.StreamAsync("SmartHTTPService/PostReceivePack", [first], PostReceivePackResponse.Parser);
}
