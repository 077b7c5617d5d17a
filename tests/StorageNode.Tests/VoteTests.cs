using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using VoteState = Praefect.Wire.Protos.VoteTransactionResponse.Types.TransactionState;

namespace Praefect.StorageNode.Tests;

public sealed class VoteTests : IAsyncLifetime
{
    private static readonly string Zero = new('0', 40);
    private readonly TestFolder _folder = new();
    private TestNode _node = null!;
    private TestVoter _voter = null!;
    private string _work = null!;
    private string _head = null!;
    private string _url = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(_folder["storage"]);
        _voter = await TestVoter.StartAsync(_node);
        await _node.CreateAsync();
        _work = await GitClient.WorkTreeAsync(_folder, "work");
        _head = await GitClient.RunAsync(_work, "rev-parse", "HEAD");
        await GitClient.RunAsync(_work, "push", "-q", new Uri(await _node.ServeHttpAsync(), "a/b.git").ToString(), "main");
        _url = new Uri(await _node.ServeHttpAsync(_voter.Connection, TestVoter.Metadata), "a/b.git").ToString();
    }

    public async Task DisposeAsync()
    {
        await _voter.DisposeAsync();
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_written_reference_is_voted_on_before_and_after_with_the_hash_of_what_git_says()
    {
        await WriteRefAsync("refs/heads/new");

        Assert.Equal("pc", _voter.Phases);
        var expected = SHA1.HashData(Encoding.ASCII.GetBytes($"{Zero} {_head} refs/heads/new\n"));
        Assert.All(_voter.Votes, vote => Assert.Equal(expected, vote.ReferenceUpdatesHash.ToByteArray()));
        Assert.All(_voter.Votes, vote => Assert.Equal((7UL, "default", "a/b.git"), (vote.TransactionId, vote.Node, vote.Repository.RelativePath)));
    }

    [Theory]
    [InlineData(VoteState.Abort, "transaction was aborted")]
    [InlineData(VoteState.Stop, "transaction was stopped")]
    public async Task Without_agreement_nothing_is_written(VoteState state, string text)
    {
        _voter.Answer = _ => Task.FromResult(state);
        var status = await TestNode.FailsAsync(() => WriteRefAsync("refs/heads/new"));

        Assert.Equal((GrpcStatusCode.Aborted, text), (status.Code, status.Message));
        Assert.False(await ExistsAsync("refs/heads/new"));
        _voter.Answer = _ => Task.FromResult(VoteState.Commit);
        await WriteRefAsync("refs/heads/new");
    }

    [Fact]
    public async Task A_voter_that_is_gone_means_no_write()
    {
        _voter.Answer = _ => throw new GrpcException(GrpcStatusCode.NotFound, "transaction not found: 7");
        var status = await TestNode.FailsAsync(() => WriteRefAsync("refs/heads/new"));

        Assert.Equal((GrpcStatusCode.NotFound, "transaction not found: 7"), (status.Code, status.Message));
        Assert.False(await ExistsAsync("refs/heads/new"));
    }

    [Fact]
    public async Task A_caller_that_leaves_during_a_vote_means_no_write_and_no_lock()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<VoteState>();
        _voter.Answer = _ =>
        {
            asked.TrySetResult();
            return never.Task;
        };
        using var leaving = new CancellationTokenSource();
        var writing = _voter.Channel.UnaryAsync(
            "/gitaly.RepositoryService/WriteRef", WriteRequest("refs/heads/new"), WriteRefResponse.Parser, new GrpcCallOptions { Metadata = TestVoter.Metadata }, leaving.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await Eventually.IsTrueAsync(() => !File.Exists(Path.Combine(_node.Folder(), "refs/heads/new.lock")));
        never.TrySetCanceled();

        Assert.False(await ExistsAsync("refs/heads/new"));
        await _node.CallAsync("RepositoryService/WriteRef", WriteRequest("refs/heads/new"), WriteRefResponse.Parser);
    }

    [Fact]
    public async Task A_transaction_over_a_plain_connection_is_refused()
    {
        var status = await TestNode.FailsAsync(() => _node.CallAsync(
            "RepositoryService/WriteRef", WriteRequest("refs/heads/new"), WriteRefResponse.Parser, TestVoter.Metadata));

        Assert.Equal(GrpcStatusCode.FailedPrecondition, status.Code);
    }

    [Fact]
    public async Task Without_a_transaction_nobody_is_asked()
    {
        await _node.CallAsync("RepositoryService/WriteRef", WriteRequest("refs/heads/new"), WriteRefResponse.Parser, channel: _voter.Channel);

        Assert.Empty(_voter.Votes);
        Assert.True(await ExistsAsync("refs/heads/new"));
    }

    [Fact]
    public async Task A_push_votes_for_each_reference_and_once_with_zeros_at_the_end()
    {
        await GitClient.CommitAsync(_work, "second");
        await GitClient.RunAsync(_work, "push", "-q", _url, "main");

        Assert.Equal("pcc", _voter.Phases);
        Assert.Equal(new byte[20], _voter.Votes.Last().ReferenceUpdatesHash.ToByteArray());
    }

    [Fact]
    public async Task A_push_without_agreement_fails_and_leaves_the_branch()
    {
        await GitClient.CommitAsync(_work, "second");
        _voter.Answer = _ => Task.FromResult(VoteState.Abort);
        var (code, output) = await GitClient.TryAsync(_work, "push", _url, "main");

        Assert.NotEqual(0, code);
        Assert.Contains("transaction was aborted", output, StringComparison.Ordinal);
        Assert.Equal(_head, await GitClient.RunAsync(_node.Folder(), "rev-parse", "refs/heads/main"));
    }

    [Fact]
    public async Task A_push_whose_last_vote_fails_is_not_reported_as_done()
    {
        await GitClient.CommitAsync(_work, "second");
        _voter.Answer = vote => Task.FromResult(vote.ReferenceUpdatesHash.Span.ContainsAnyExcept((byte)0) ? VoteState.Commit : VoteState.Abort);
        var (code, output) = await GitClient.TryAsync(_work, "push", _url, "main");

        Assert.NotEqual(0, code);
        Assert.DoesNotContain("main -> main", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packed_branch_is_deleted_with_the_same_votes_as_a_loose_one()
    {
        await WriteRefAsync("refs/heads/loose");
        await GitClient.RunAsync(_node.Folder(), "update-ref", "refs/heads/packed", _head);
        await GitClient.RunAsync(_node.Folder(), "pack-refs", "--all");
        await GitClient.RunAsync(_node.Folder(), "update-ref", "refs/heads/loose2", _head);
        _voter.Votes.Clear();
        await DeleteAsync("refs/heads/packed");
        var packed = _voter.Phases;
        _voter.Votes.Clear();
        await DeleteAsync("refs/heads/loose2");

        Assert.Equal("pc", packed);
        Assert.Equal("pc", _voter.Phases);
    }

    [Fact]
    public async Task Many_updates_in_one_call_are_one_pair_of_votes()
    {
        var request = new UpdateReferencesRequest { Repository = _node.Repository() };
        request.Updates.AddRange(Enumerable.Range(0, 20).Select(i => new UpdateReferencesRequest.Types.Update
        {
            Reference = ByteString.CopyFromUtf8($"refs/heads/n{i}"),
            NewObjectId = ByteString.CopyFromUtf8(_head),
            OldObjectId = ByteString.CopyFromUtf8(Zero),
        }));
        await _node.StreamAsync("RefService/UpdateReferences", [request], UpdateReferencesResponse.Parser, TestVoter.Metadata, _voter.Channel);

        Assert.Equal("pc", _voter.Phases);
    }

    [Fact]
    public async Task A_new_repository_is_voted_on_before_it_can_be_seen_and_after()
    {
        var visible = new List<bool>();
        _voter.Answer = _ =>
        {
            visible.Add(Directory.Exists(_node.Folder("new.git")));
            return Task.FromResult(VoteState.Commit);
        };
        await CreateAsync("new.git");

        Assert.Equal("pc", _voter.Phases);
        Assert.Equal([false, true], visible);
        Assert.Single(_voter.Votes.Select(vote => vote.ReferenceUpdatesHash).Distinct());
    }

    [Fact]
    public async Task A_new_repository_without_agreement_leaves_nothing()
    {
        _voter.Answer = _ => Task.FromResult(VoteState.Abort);
        var status = await TestNode.FailsAsync(() => CreateAsync("new.git"));

        Assert.Equal(GrpcStatusCode.Aborted, status.Code);
        Assert.False(Directory.Exists(_node.Folder("new.git")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_node.Path, "+storage-node", "tmp")));
    }

    [Fact]
    public async Task Removal_votes_twice_and_stays_undone_without_agreement()
    {
        _voter.Answer = _ => Task.FromResult(VoteState.Abort);
        await TestNode.FailsAsync(RemoveAsync);
        Assert.True(Directory.Exists(_node.Folder()));
        _voter.Answer = _ => Task.FromResult(VoteState.Commit);
        _voter.Votes.Clear();
        await RemoveAsync();

        Assert.Equal("pc", _voter.Phases);
        Assert.False(Directory.Exists(_node.Folder()));

        Task RemoveAsync() => _node.CallAsync(
            "RepositoryService/RemoveRepository", new RemoveRepositoryRequest { Repository = _node.Repository() }, RemoveRepositoryResponse.Parser, TestVoter.Metadata, _voter.Channel);
    }

    [Fact]
    public async Task Pointing_head_elsewhere_is_voted_on()
    {
        var request = new WriteRefRequest { Repository = _node.Repository(), Ref = ByteString.CopyFromUtf8("HEAD"), Revision = ByteString.CopyFromUtf8("refs/heads/other") };
        await _node.CallAsync("RepositoryService/WriteRef", request, WriteRefResponse.Parser, TestVoter.Metadata, _voter.Channel);

        Assert.Equal("pc", _voter.Phases);
        Assert.Equal("ref: refs/heads/other\n", await File.ReadAllTextAsync(Path.Combine(_node.Folder(), "HEAD")));
    }

    private WriteRefRequest WriteRequest(string name) =>
        new() { Repository = _node.Repository(), Ref = ByteString.CopyFromUtf8(name), Revision = ByteString.CopyFromUtf8(_head), OldRevision = ByteString.CopyFromUtf8(Zero) };

    private Task WriteRefAsync(string name) =>
        _node.CallAsync("RepositoryService/WriteRef", WriteRequest(name), WriteRefResponse.Parser, TestVoter.Metadata, _voter.Channel);

    private Task DeleteAsync(string name) => _node.CallAsync(
        "RefService/DeleteRefs", new DeleteRefsRequest { Repository = _node.Repository(), Refs = { ByteString.CopyFromUtf8(name) } }, DeleteRefsResponse.Parser, TestVoter.Metadata, _voter.Channel);

    private Task CreateAsync(string path) => _node.CallAsync(
        "RepositoryService/CreateRepository", new CreateRepositoryRequest { Repository = _node.Repository(path) }, CreateRepositoryResponse.Parser, TestVoter.Metadata, _voter.Channel);

    private async Task<bool> ExistsAsync(string name) => (await _node.CallAsync(
        "RefService/RefExists", new RefExistsRequest { Repository = _node.Repository(), Ref = ByteString.CopyFromUtf8(name) }, RefExistsResponse.Parser)).Value;
}
