using Google.Protobuf;
using Praefect.Gateway.Turns;
using Praefect.Grains.Turns;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests.Turns;

public sealed class TurnTableTests
{
    private static readonly ByteString s_zero = ByteString.CopyFromUtf8(PushCommandsTests.Zero);
    private static readonly ByteString s_new = ByteString.CopyFromUtf8(PushCommandsTests.New);

    [Fact]
    public void Every_mutator_that_does_not_create_is_in_the_table_and_nothing_else()
    {
        var mutators = RpcRegistry.All.Values
            .Where(m => m is { Operation: RpcOperation.Mutator, Scope: RpcScope.Repository, Creates: false, Handling: not RpcHandling.Refused });
        Assert.Equal(mutators.Select(m => m.Path).Order(StringComparer.Ordinal), TurnTable.Paths.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_streams_to_git_are_pushes() => Assert.Equal(
        [Methods.SSH.SSHReceivePack, Methods.SmartHTTP.PostReceivePack],
        TurnTable.Paths.Where(p => TurnTable.Of(RpcRegistry.All[p]).IsPush).Order(StringComparer.Ordinal));

    [Fact]
    public void A_call_touches_the_references_that_it_names()
    {
        Assert.Equal(["refs/heads/x"], Keys(Methods.Repository.WriteRef, new WriteRefRequest { Ref = Text("refs/heads/x"), Revision = s_new }));
        Assert.Equal(["HEAD"], Keys(Methods.Repository.WriteRef, new WriteRefRequest { Ref = Text("HEAD") }));
        Assert.Equal(["refs/heads/x"], Keys("/gitaly.OperationService/UserCreateBranch", new UserCreateBranchRequest { BranchName = Text("x") }));
        Assert.Equal(["refs/heads/x"], Keys("/gitaly.OperationService/UserCreateBranch", new UserCreateBranchRequest { BranchName = Text("refs/heads/x") }));
        Assert.Equal(
            ["refs/heads/x"],
            Keys("/gitaly.OperationService/UserCommitFiles", new UserCommitFilesRequest { Header = new UserCommitFilesRequestHeader { BranchName = Text("x") } }));
    }

    [Fact]
    public void A_deletion_also_touches_the_file_of_packed_references()
    {
        Assert.Equal(["refs/heads/x", TurnKeys.Deletions], Keys("/gitaly.OperationService/UserDeleteBranch", new UserDeleteBranchRequest { BranchName = Text("x") }));
        Assert.Equal(["a", "b", TurnKeys.Deletions], Keys("/gitaly.RefService/DeleteRefs", new DeleteRefsRequest { Refs = { Text("a"), Text("b") } }));
        Assert.Equal(["a", "b"], Keys("/gitaly.RefService/UpdateReferences", Updates(s_new, "a", "b")));
        Assert.Equal(["a", "b", TurnKeys.Deletions], Keys("/gitaly.RefService/UpdateReferences", Updates(s_zero, "a", "b")));
    }

    [Fact]
    public void A_short_call_whose_references_are_not_known_touches_the_whole_repository()
    {
        Assert.Equal([TurnKeys.WholeRepository], Keys("/gitaly.RefService/DeleteRefs", new DeleteRefsRequest { ExceptWithPrefix = { Text("refs/heads") } }));
        var names = Enumerable.Range(0, TurnKeys.Most + 1).Select(i => $"refs/heads/{i}").ToArray();
        Assert.Equal([TurnKeys.WholeRepository], Keys("/gitaly.RefService/UpdateReferences", Updates(s_new, names)));
        Assert.Equal(TurnKeys.Most, Keys("/gitaly.RefService/UpdateReferences", Updates(s_new, names[1..])).Count());
    }

    [Fact]
    public void Calls_that_can_run_for_hours_and_calls_that_name_nothing_take_no_turn()
    {
        Assert.Empty(Keys("/gitaly.RepositoryService/FetchRemote", new WriteRefRequest { Ref = Text("x") }));
        Assert.Empty(Keys(Methods.Repository.WriteRef, new WriteRefRequest()));
        Assert.Empty(Keys(Methods.Repository.CreateRepository, new CreateRepositoryRequest()));
    }

    private static UpdateReferencesRequest Updates(ByteString value, params string[] names) => new()
    {
        Updates = { names.Select(n => new UpdateReferencesRequest.Types.Update { Reference = Text(n), OldObjectId = s_zero, NewObjectId = value }) },
    };

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private static IEnumerable<string> Keys(string path, IMessage message) => TurnTable.Of(RpcRegistry.All[path]).Keys(message.ToByteArray());
}
