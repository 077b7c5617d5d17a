using Google.Protobuf;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Tests;

public sealed class ReplicationTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestNode _source = null!;
    private TestNode _target = null!;
    private string _work = null!;
    private string _url = null!;

    public async Task InitializeAsync()
    {
        _source = await TestNode.StartAsync(_folder["one"], "one", token: "secret");
        _target = await TestNode.StartAsync(_folder["two"], "two");
        await _source.CreateAsync();
        _work = await GitClient.WorkTreeAsync(_folder, "work");
        _url = new Uri(await _source.ServeHttpAsync(), "a/b.git").ToString();
        await GitClient.RunAsync(_work, "push", "-q", _url, "main");
    }

    public async Task DisposeAsync()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_fresh_replica_equals_its_source()
    {
        await GitClient.RunAsync(_work, "tag", "-a", "v1", "-m", "one");
        await GitClient.RunAsync(_work, "push", "-q", _url, "main:refs/heads/other", "v1", "main:refs/merge-requests/1/head");
        await ReplicateAsync();

        await AssertEqualAsync();
        await GitClient.RunAsync(_target.Folder(), "fsck", "--strict");
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task An_older_replica_gets_what_is_new_and_loses_what_is_gone()
    {
        await GitClient.RunAsync(_work, "push", "-q", _url, "main:refs/heads/a", "main:refs/heads/gone");
        await ReplicateAsync();
        await GitClient.CommitAsync(_work, "second");

        // "a" makes room for "a/b": the deletion must come first.
        await GitClient.RunAsync(_work, "push", "-q", _url, ":a", ":gone");
        await GitClient.RunAsync(_work, "push", "-q", _url, "main", "main:refs/heads/a/b");
        await ReplicateAsync();

        await AssertEqualAsync();
        Assert.Equal("refs/heads/a/b\nrefs/heads/main", await GitClient.RunAsync(_target.Folder(), "for-each-ref", "--format=%(refname)"));
    }

    [Fact]
    public async Task Head_follows_its_source()
    {
        await ReplicateAsync();
        await GitClient.RunAsync(_work, "push", "-q", _url, "main:refs/heads/trunk");
        var request = new WriteRefRequest { Repository = _source.Repository(), Ref = ByteString.CopyFromUtf8("HEAD"), Revision = ByteString.CopyFromUtf8("refs/heads/trunk") };
        await _source.CallAsync("RepositoryService/WriteRef", request, WriteRefResponse.Parser);
        await ReplicateAsync();

        Assert.Equal("refs/heads/trunk", await GitClient.RunAsync(_target.Folder(), "symbolic-ref", "HEAD"));
        await AssertEqualAsync();
    }

    [Fact]
    public async Task An_empty_repository_is_replicated_with_its_head()
    {
        await _source.CallAsync(
            "RepositoryService/CreateRepository", new CreateRepositoryRequest { Repository = _source.Repository("e.git"), DefaultBranch = ByteString.CopyFromUtf8("trunk") }, CreateRepositoryResponse.Parser);
        await ReplicateAsync("e.git");

        Assert.Equal("ref: refs/heads/trunk\n", await File.ReadAllTextAsync(Path.Combine(_target.Folder("e.git"), "HEAD")));
        Assert.Equal(new string('0', 40), await _target.ChecksumAsync("e.git"));
    }

    [Fact]
    public async Task A_source_that_is_being_written_is_replicated_as_it_was_at_one_moment()
    {
        using var enough = new CancellationTokenSource();
        var pushing = Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                await GitClient.CommitAsync(_work, $"change {i}");
                await GitClient.RunAsync(_work, "push", "-q", "--force", _url, "main", $"main:refs/heads/b{i % 5}");
            }
        });
        for (var i = 0; i < 5; i++)
        {
            await ReplicateAsync();
        }

        await enough.CancelAsync();
        await pushing;
        await ReplicateAsync();
        await AssertEqualAsync();
        await GitClient.RunAsync(_target.Folder(), "fsck", "--connectivity-only");
    }

    [Fact]
    public async Task A_damaged_replica_is_made_anew()
    {
        await ReplicateAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_target.Folder(), "objects"), "*", SearchOption.AllDirectories).ToList())
        {
            File.Delete(file);
        }

        await GitClient.CommitAsync(_work, "second");
        await GitClient.RunAsync(_work, "push", "-q", _url, "main");
        await ReplicateAsync();

        await AssertEqualAsync();
        await GitClient.RunAsync(_target.Folder(), "fsck");
    }

    [Fact]
    public async Task A_source_without_the_repository_is_named_as_such()
    {
        var status = await TestNode.FailsAsync(() => ReplicateAsync("missing.git"));

        Assert.Equal((GrpcStatusCode.NotFound, "invalid source repository"), (status.Code, status.Message));
        Assert.False(Directory.Exists(_target.Folder("missing.git")));
    }

    [Fact]
    public async Task A_source_that_cannot_be_reached_fails_and_leaves_nothing()
    {
        var metadata = TestNode.Servers(_source);
        await _source.DisposeAsync();
        var status = await TestNode.FailsAsync(() => ReplicateAsync(metadata: metadata));

        Assert.Equal(GrpcStatusCode.Unavailable, status.Code);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Without_an_address_of_the_source_the_call_says_what_is_missing()
    {
        var status = await TestNode.FailsAsync(() => ReplicateAsync(metadata: []));

        Assert.Equal(GrpcStatusCode.InvalidArgument, status.Code);
        Assert.Contains("gitaly-servers", status.Message, StringComparison.Ordinal);
    }

    private Task<ReplicateRepositoryResponse> ReplicateAsync(string path = "a/b.git", GrpcMetadata? metadata = null) => _target.CallAsync(
        "RepositoryService/ReplicateRepository",
        new ReplicateRepositoryRequest { Repository = _target.Repository(path), Source = _source.Repository(path) },
        ReplicateRepositoryResponse.Parser,
        metadata ?? TestNode.Servers(_source));

    private async Task AssertEqualAsync() => Assert.Equal(await _source.ChecksumAsync(), await _target.ChecksumAsync());

    private IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(Path.Combine(_target.Path, "+storage-node", "tmp"));
}
