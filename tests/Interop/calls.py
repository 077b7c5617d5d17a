#!/usr/bin/python3
"""calls.py ADDRESS PREFIX [LOGS]: one scripted life of repositories through a gateway, one line a call.

Needs python3-grpcio and python3-grpc-tools; PROTO is the folder with Gitaly's .proto files, WORK takes what is generated from them.
A line is: number, call, status code, message or a digest of the answer. What is different on each run (object ids that carry times, ids of
connections) is masked, so that two gateways' outputs can be compared with diff. With LOGS, the folder with the nodes' logs (level info),
each line also says which methods the nodes served for that call, found by its correlation id, and on how many nodes each.
"""
import base64, glob, hashlib, hmac, json, os, re, sys, threading, time

import generated
import grpc
from google.protobuf.timestamp_pb2 import Timestamp
import blob_pb2, commit_pb2, diff_pb2, objectpool_pb2, operations_pb2, ref_pb2, remote_pb2, repository_pb2, server_pb2, shared_pb2, smarthttp_pb2
import analysis_pb2, analysis_pb2_grpc, conflicts_pb2, conflicts_pb2_grpc, praefect_pb2, praefect_pb2_grpc, remote_pb2_grpc
import blob_pb2_grpc, commit_pb2_grpc, diff_pb2_grpc, objectpool_pb2_grpc, operations_pb2_grpc, ref_pb2_grpc, repository_pb2_grpc, server_pb2_grpc, smarthttp_pb2_grpc, cleanup_pb2, cleanup_pb2_grpc

address, prefix = sys.argv[1], sys.argv[2]
logs = sys.argv[3] if len(sys.argv) > 3 else None
token = os.environ.get("TOKEN", "secret")
if address.startswith("tls://"):
    channel = grpc.secure_channel(address[6:], grpc.ssl_channel_credentials(open(os.environ["CERT"], "rb").read()))
else:
    channel = grpc.insecure_channel(address.replace("tcp://", ""))
# Who calls from one repository to another tells the nodes where to find it, as GitLab does.
dialled = address if "://" in address else "tcp://" + address
servers = ("gitaly-servers", base64.b64encode(json.dumps({"default": {"address": dialled, "token": token}}).encode()).decode())
issued = "%d" % time.time()


def bearer():
    """A token is valid for a few seconds only."""
    now = "%d" % time.time()
    return "authorization", "Bearer v2.%s.%s" % (hmac.new(token.encode(), now.encode(), "sha256").hexdigest(), now)


metadata = [bearer(), servers]
Repo, Blob, Commit, Diff = repository_pb2_grpc.RepositoryServiceStub(channel), blob_pb2_grpc.BlobServiceStub(channel), commit_pb2_grpc.CommitServiceStub(channel), diff_pb2_grpc.DiffServiceStub(channel)
Ops, Ref, Pool, Server, Http, Cleanup = operations_pb2_grpc.OperationServiceStub(channel), ref_pb2_grpc.RefServiceStub(channel), objectpool_pb2_grpc.ObjectPoolServiceStub(channel), server_pb2_grpc.ServerServiceStub(channel), smarthttp_pb2_grpc.SmartHTTPServiceStub(channel), cleanup_pb2_grpc.CleanupServiceStub(channel)
Remote, Conflicts, Analysis, Info = remote_pb2_grpc.RemoteServiceStub(channel), conflicts_pb2_grpc.ConflictsServiceStub(channel), analysis_pb2_grpc.AnalysisServiceStub(channel), praefect_pb2_grpc.PraefectInfoServiceStub(channel)
R, O, F, S, P = repository_pb2, operations_pb2, ref_pb2, shared_pb2, objectpool_pb2
count = 0
failed = 0
WHEN = Timestamp(seconds=1700000000)
ME = S.User(gl_id="user-1", name=b"Ann", email=b"ann@example.com", gl_username="ann", timezone="UTC")
HEAD = {}


def repo(name, storage="default"):
    return S.Repository(storage_name=storage, relative_path=prefix + "/" + name, gl_repository="project-1", gl_project_path=name[:-4])


def mask(text):
    text = text.replace(prefix, "PREFIX")
    text = re.sub(r"@cluster/[a-z]+/[0-9a-f/]*\d+", "@cluster/REPLICA", text)
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)


def correlation():
    """Of the call that will be shown next."""
    return [("x-gitlab-correlation-id", "%s-%03d" % (issued, count + 1))]


lines = []


def show(call, code, text):
    global count
    count += 1
    lines.append("%03d %-44s %-18s %s" % (count, call, code, mask(text)[:300]))
    if not logs:
        print(lines[-1], flush=True)


def finish():
    """Adds to each line what the nodes logged of it, once they have."""
    if not logs:
        return
    time.sleep(3)
    served = {}
    for node in (1, 2, 3):
        for file in glob.glob("%s/gitaly-%d.log" % (logs, node)):
            for line in open(file, errors="replace"):
                if '"grpc.method"' not in line or "finished" not in line:
                    continue
                entry = json.loads(line)
                id = entry.get("correlation_id", "")
                if id.startswith(issued + "-"):
                    served.setdefault(int(id[len(issued) + 1:]), {}).setdefault(entry["grpc.method"], set()).add(node)
    for number, line in enumerate(lines, 1):
        methods = sorted("%s=%d" % (method, len(nodes)) for method, nodes in served.get(number, {}).items())
        print("%s | %s" % (line, " ".join(methods) or "no node"))


def digest(messages, field=None, shown=False):
    if shown:
        return " ".join(str(m).replace("\n", " ") for m in messages)
    data = b"".join(getattr(m, field) if field else m.SerializeToString(deterministic=True) for m in messages)
    return "%d messages %d bytes %s" % (1 if field else len(messages), len(data), hashlib.sha1(data).hexdigest()[:12])


unsettled = set()


def settle(seconds=20):
    """Waits until no replica is behind, so that the next call has the same choice of nodes whoever routes it. What never gets there is waited for once."""
    until = time.monotonic() + seconds
    while logs:
        metadata[0] = bearer()
        request = praefect_pb2.DatalossRequest(virtual_storage="default", include_partially_replicated=True)
        behind = {r.relative_path for message in Info.Dataloss(request, metadata=metadata, timeout=20) for r in message.repositories} - unsettled
        if not behind:
            return
        if time.monotonic() > until:
            unsettled.update(behind)
            print("behind for good: %s" % " ".join(sorted(behind)), file=sys.stderr)
        time.sleep(0.1)


def call(label, method, request, field=None, shown=False, expect="OK", timeout=60, meta=(), quiet=False):
    """Streams are collected; requests may be lists."""
    global failed
    if len(metadata) > 1:
        settle()
        metadata[0] = bearer()
    try:
        sent = iter(request) if isinstance(request, list) else request
        answer = method(sent, metadata=metadata + correlation() + list(meta), timeout=timeout)
        messages = [answer] if hasattr(answer, "SerializeToString") else list(answer)
        show(label, "OK", "" if quiet else digest(messages, field, shown))
        if expect != "OK":
            failed += 1
        return messages
    except grpc.RpcError as e:
        details = [(k, v) for k, v in e.trailing_metadata() or () if k == "grpc-status-details-bin"]
        show(label, e.code().name, "%s details=%s" % (e.details(), hashlib.sha1(details[0][1]).hexdigest()[:8] if details else "none"))
        if e.code().name != expect:
            failed += 1
        return []


def commit_files(r, branch, path, content, start=None, **more):
    header = O.UserCommitFilesRequestHeader(repository=r, user=ME, branch_name=branch.encode(), commit_message=b"change " + path.encode(), timestamp=WHEN,
                                            commit_author_name=b"Ann", commit_author_email=b"ann@example.com", start_branch_name=(start or "").encode(), **more)
    action = O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=path.encode())
    requests = [O.UserCommitFilesRequest(header=header), O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=action))]
    requests += [O.UserCommitFilesRequest(action=O.UserCommitFilesAction(content=content[at:at + 65536])) for at in range(0, len(content), 65536)]
    answer = call("UserCommitFiles " + path, Ops.UserCommitFiles, requests, shown=True)
    if answer:
        HEAD[branch] = answer[0].branch_update.commit_id


def create_and_commit(r):
    call("CreateRepository", Repo.CreateRepository, R.CreateRepositoryRequest(repository=r, default_branch=b"main"))
    call("CreateRepository again", Repo.CreateRepository, R.CreateRepositoryRequest(repository=r), expect="ALREADY_EXISTS")
    call("RepositoryExists", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=r), shown=True)
    call("HasLocalBranches none", Repo.HasLocalBranches, R.HasLocalBranchesRequest(repository=r), shown=True)
    call("CalculateChecksum empty", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=r), shown=True)
    commit_files(r, "main", "README.md", b"hello\n")
    commit_files(r, "main", "large.bin", bytes(range(256)) * 8192)
    commit_files(r, "feature", "feature.txt", b"feature\n", start="main")
    commit_files(r, "side", "side.txt", b"side\n", start="main")


def operate(r):
    head = HEAD.get("main", "").encode()
    call("UserCreateBranch", Ops.UserCreateBranch, O.UserCreateBranchRequest(repository=r, branch_name=b"b1", user=ME, start_point=b"main"))
    call("UserCreateBranch taken", Ops.UserCreateBranch, O.UserCreateBranchRequest(repository=r, branch_name=b"b1", user=ME, start_point=b"main"), expect="FAILED_PRECONDITION")
    call("UserUpdateBranch", Ops.UserUpdateBranch, O.UserUpdateBranchRequest(repository=r, branch_name=b"b1", user=ME, newrev=HEAD["feature"].encode(), oldrev=head))
    call("UserUpdateBranch stale", Ops.UserUpdateBranch, O.UserUpdateBranchRequest(repository=r, branch_name=b"b1", user=ME, newrev=head, oldrev=head), expect="FAILED_PRECONDITION")
    call("UserDeleteBranch", Ops.UserDeleteBranch, O.UserDeleteBranchRequest(repository=r, branch_name=b"b1", user=ME))
    call("UserDeleteBranch absent", Ops.UserDeleteBranch, O.UserDeleteBranchRequest(repository=r, branch_name=b"b1", user=ME), expect="FAILED_PRECONDITION")
    call("UserCreateTag", Ops.UserCreateTag, O.UserCreateTagRequest(repository=r, tag_name=b"v1", user=ME, target_revision=b"main", message=b"one", timestamp=WHEN))
    call("UserCreateTag taken", Ops.UserCreateTag, O.UserCreateTagRequest(repository=r, tag_name=b"v1", user=ME, target_revision=b"main", timestamp=WHEN), expect="ALREADY_EXISTS")
    call("UserCreateTag light", Ops.UserCreateTag, O.UserCreateTagRequest(repository=r, tag_name=b"v2", user=ME, target_revision=b"main", timestamp=WHEN))
    call("UserDeleteTag", Ops.UserDeleteTag, O.UserDeleteTagRequest(repository=r, tag_name=b"v2", user=ME))
    call("UserMergeToRef", Ops.UserMergeToRef, O.UserMergeToRefRequest(repository=r, user=ME, source_sha=HEAD["feature"], branch=b"main", target_ref=b"refs/merge-requests/1/merge", first_parent_ref=b"refs/heads/main", message=b"m", timestamp=WHEN), shown=True)
    call("UserFFBranch", Ops.UserFFBranch, O.UserFFBranchRequest(repository=r, user=ME, commit_id=HEAD["feature"], branch=b"main"), shown=True)
    merge(r)
    call("UserCherryPick", Ops.UserCherryPick, O.UserCherryPickRequest(repository=r, user=ME, commit=S.GitCommit(id=HEAD["side"]), branch_name=b"main", message=b"pick", timestamp=WHEN), shown=True)
    call("UserRevert", Ops.UserRevert, O.UserRevertRequest(repository=r, user=ME, commit=S.GitCommit(id=HEAD["feature"]), branch_name=b"feature", message=b"revert", timestamp=WHEN), shown=True)
    call("UserSquash", Ops.UserSquash, O.UserSquashRequest(repository=r, user=ME, start_sha=head.decode(), end_sha=HEAD["feature"], author=ME, commit_message=b"squash", timestamp=WHEN), shown=True)
    rebase(r)
    call("UserRebaseToRef", Ops.UserRebaseToRef, O.UserRebaseToRefRequest(repository=r, user=ME, source_sha=HEAD["side"], target_ref=b"refs/merge-requests/2/merge", first_parent_ref=b"refs/heads/feature", timestamp=WHEN), shown=True)
    patch = b"From %s Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.com>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nSubject: [PATCH] add p\n\n---\ndiff --git a/p.txt b/p.txt\nnew file mode 100644\nindex 0000000..ce01362\n--- /dev/null\n+++ b/p.txt\n@@ -0,0 +1 @@\n+hello\n-- \n2.0\n" % head
    call("UserApplyPatch", Ops.UserApplyPatch, [O.UserApplyPatchRequest(header=O.UserApplyPatchRequest.Header(repository=r, user=ME, target_branch=b"patched", timestamp=WHEN)),
                                                O.UserApplyPatchRequest(patches=patch)], shown=True)


def duplex(label, method, first, second):
    """Two requests on one stream, the second made from the first answer, as merge and rebase want it."""
    settle()
    metadata[0] = bearer()
    asked, ids = threading.Event(), []

    def requests():
        yield first
        asked.wait(30)
        yield second

    try:
        answers = []
        for answer in method(requests(), metadata=metadata + correlation(), timeout=60):
            answers.append(answer)
            asked.set()
        show(label, "OK", digest(answers, shown=True))
    except grpc.RpcError as e:
        show(label, e.code().name, e.details())


def merge(r):
    duplex("UserMergeBranch", Ops.UserMergeBranch,
           O.UserMergeBranchRequest(repository=r, user=ME, commit_id=HEAD["side"], branch=b"feature", message=b"merge", timestamp=WHEN), O.UserMergeBranchRequest(apply=True))


def rebase(r):
    header = O.UserRebaseConfirmableRequest.Header(repository=r, user=ME, branch=b"side", branch_sha=HEAD["side"], remote_repository=r, remote_branch=b"main", timestamp=WHEN)
    duplex("UserRebaseConfirmable", Ops.UserRebaseConfirmable, O.UserRebaseConfirmableRequest(header=header), O.UserRebaseConfirmableRequest(apply=True))


def references(r):
    head = HEAD["feature"].encode()
    call("WriteRef", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"refs/heads/w1", revision=head))
    call("WriteRef HEAD", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"HEAD", revision=b"refs/heads/feature"))
    call("WriteRef unknown revision", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"refs/heads/w2", revision=b"f" * 40), expect="INTERNAL")
    call("WriteRef bad name", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"refs/heads/w 2", revision=head), expect="INVALID_ARGUMENT")
    call("WriteRef symbolic", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"HEAD", revision=b"refs/heads/main"))
    update = F.UpdateReferencesRequest.Update(reference=b"refs/heads/u1", new_object_id=head)
    call("UpdateReferences", Ref.UpdateReferences, [F.UpdateReferencesRequest(repository=r, updates=[update])])
    call("DeleteRefs", Ref.DeleteRefs, F.DeleteRefsRequest(repository=r, refs=[b"refs/heads/u1"]))
    for name in ("w1", "absent"):
        call("RefExists " + name, Ref.RefExists, F.RefExistsRequest(repository=r, ref=b"refs/heads/" + name.encode()), shown=True)
        call("FindBranch " + name, Ref.FindBranch, F.FindBranchRequest(repository=r, name=name.encode()))
    call("FindDefaultBranchName", Ref.FindDefaultBranchName, F.FindDefaultBranchNameRequest(repository=r), shown=True)
    call("FindAllBranches", Ref.FindAllBranches, F.FindAllBranchesRequest(repository=r))
    call("FindLocalBranches", Ref.FindLocalBranches, F.FindLocalBranchesRequest(repository=r))
    call("FindAllTags", Ref.FindAllTags, F.FindAllTagsRequest(repository=r))
    call("FindTag", Ref.FindTag, F.FindTagRequest(repository=r, tag_name=b"v1"))
    call("FindTag absent", Ref.FindTag, F.FindTagRequest(repository=r, tag_name=b"nope"), expect="NOT_FOUND")
    call("ListRefs", Ref.ListRefs, F.ListRefsRequest(repository=r, patterns=[b"refs/"]))
    call("ListBranchNamesContainingCommit", Ref.ListBranchNamesContainingCommit, F.ListBranchNamesContainingCommitRequest(repository=r, commit_id=HEAD["main"]))
    call("FindRefsByOID", Ref.FindRefsByOID, F.FindRefsByOIDRequest(repository=r, oid=HEAD["main"], limit=5))
    call("GetTagMessages", Ref.GetTagMessages, F.GetTagMessagesRequest(repository=r, tag_ids=["0" * 40]), expect="INTERNAL")


def reading(r):
    C = commit_pb2
    call("FindCommit", Commit.FindCommit, C.FindCommitRequest(repository=r, revision=b"main"))
    call("FindCommit absent", Commit.FindCommit, C.FindCommitRequest(repository=r, revision=b"absent"))
    call("FindCommit no revision", Commit.FindCommit, C.FindCommitRequest(repository=r), expect="INVALID_ARGUMENT")
    call("FindCommits", Commit.FindCommits, C.FindCommitsRequest(repository=r, revision=b"main", limit=10))
    call("ListCommits", Commit.ListCommits, C.ListCommitsRequest(repository=r, revisions=["main"]))
    call("CommitIsAncestor", Commit.CommitIsAncestor, C.CommitIsAncestorRequest(repository=r, ancestor_id=HEAD["main"], child_id=HEAD["feature"]), shown=True)
    call("CountCommits", Commit.CountCommits, C.CountCommitsRequest(repository=r, revision=b"main"), shown=True)
    call("GetTreeEntries", Commit.GetTreeEntries, C.GetTreeEntriesRequest(repository=r, revision=b"main", path=b"."))
    call("TreeEntry", Commit.TreeEntry, C.TreeEntryRequest(repository=r, revision=b"main", path=b"README.md"))
    call("TreeEntry large", Commit.TreeEntry, C.TreeEntryRequest(repository=r, revision=b"main", path=b"large.bin"), field="data")
    call("TreeEntry absent", Commit.TreeEntry, C.TreeEntryRequest(repository=r, revision=b"main", path=b"absent"), expect="NOT_FOUND")
    call("ListFiles", Commit.ListFiles, C.ListFilesRequest(repository=r, revision=b"main"))
    call("LastCommitForPath", Commit.LastCommitForPath, C.LastCommitForPathRequest(repository=r, revision=b"main", path=b"README.md"))
    call("RawBlame", Commit.RawBlame, C.RawBlameRequest(repository=r, revision=b"main", path=b"README.md"))
    call("CommitDelta", Diff.CommitDelta, diff_pb2.CommitDeltaRequest(repository=r, left_commit_id=HEAD["main"], right_commit_id=HEAD["feature"]))
    call("RawDiff", Diff.RawDiff, diff_pb2.RawDiffRequest(repository=r, left_commit_id=HEAD["main"], right_commit_id=HEAD["feature"]), field="data")
    call("DiffStats", Diff.DiffStats, diff_pb2.DiffStatsRequest(repository=r, left_commit_id=HEAD["main"], right_commit_id=HEAD["feature"]))
    call("GetBlob absent", Blob.GetBlob, blob_pb2.GetBlobRequest(repository=r, oid="f" * 40, limit=-1))
    call("GetBlobs", Blob.GetBlobs, blob_pb2.GetBlobsRequest(repository=r, limit=-1, revision_paths=[blob_pb2.GetBlobsRequest.RevisionPath(revision="main", path=b"README.md")]))
    call("ListBlobs", Blob.ListBlobs, blob_pb2.ListBlobsRequest(repository=r, revisions=["main"], bytes_limit=10))
    call("GetArchive", Repo.GetArchive, R.GetArchiveRequest(repository=r, commit_id=HEAD["main"], prefix="x", format=R.GetArchiveRequest.TAR), field="data")
    call("CreateBundle", Repo.CreateBundle, R.CreateBundleRequest(repository=r), quiet=True)
    call("FindMergeBase", Repo.FindMergeBase, R.FindMergeBaseRequest(repository=r, revisions=[b"main", b"feature"]), shown=True)
    call("ObjectFormat", Repo.ObjectFormat, R.ObjectFormatRequest(repository=r), shown=True)
    call("FindLicense", Repo.FindLicense, R.FindLicenseRequest(repository=r), shown=True)
    call("SearchFilesByName", Repo.SearchFilesByName, R.SearchFilesByNameRequest(repository=r, ref=b"main", query="."))
    call("SearchFilesByContent", Repo.SearchFilesByContent, R.SearchFilesByContentRequest(repository=r, ref=b"main", query="hello"))
    call("Fsck", Repo.Fsck, R.FsckRequest(repository=r), shown=True)
    call("GetConfig", Repo.GetConfig, R.GetConfigRequest(repository=r), quiet=True)
    call("InfoRefsUploadPack", Http.InfoRefsUploadPack, smarthttp_pb2.InfoRefsRequest(repository=r, git_protocol="version=2"), field="data")
    call("InfoRefsReceivePack", Http.InfoRefsReceivePack, smarthttp_pb2.InfoRefsRequest(repository=r), quiet=True)
    call("RepositorySize", Repo.RepositorySize, R.RepositorySizeRequest(repository=r), quiet=True)
    call("RepositoryInfo", Repo.RepositoryInfo, R.RepositoryInfoRequest(repository=r), quiet=True)


def maintain(r):
    call("OptimizeRepository", Repo.OptimizeRepository, R.OptimizeRepositoryRequest(repository=r))
    call("OptimizeRepository eager", Repo.OptimizeRepository, R.OptimizeRepositoryRequest(repository=r, strategy=R.OptimizeRepositoryRequest.STRATEGY_EAGER))
    call("PruneUnreachableObjects", Repo.PruneUnreachableObjects, R.PruneUnreachableObjectsRequest(repository=r))
    call("ApplyGitattributes", Repo.ApplyGitattributes, R.ApplyGitattributesRequest(repository=r, revision=b"main"))
    call("SetFullPath", Repo.SetFullPath, R.SetFullPathRequest(repository=r, path="group/project"))
    call("FullPath", Repo.FullPath, R.FullPathRequest(repository=r), shown=True)
    call("GetCustomHooks", Repo.GetCustomHooks, R.GetCustomHooksRequest(repository=r), quiet=True)
    call("CalculateChecksum", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=r), shown=True)


def forks_and_pools(r):
    fork, pool, link = repo("fork.git"), S.ObjectPool(repository=S.Repository(storage_name="default", relative_path=pool_path())), repo("fork.git")
    call("CreateFork", Repo.CreateFork, R.CreateForkRequest(repository=fork, source_repository=r))
    call("CreateFork taken", Repo.CreateFork, R.CreateForkRequest(repository=fork, source_repository=r), expect="ALREADY_EXISTS")
    call("RefExists in fork", Ref.RefExists, F.RefExistsRequest(repository=fork, ref=b"refs/heads/main"), shown=True)
    call("CreateObjectPool bad path", Pool.CreateObjectPool, P.CreateObjectPoolRequest(object_pool=S.ObjectPool(repository=repo("pool.git")), origin=r), expect="INVALID_ARGUMENT")
    call("CreateObjectPool", Pool.CreateObjectPool, P.CreateObjectPoolRequest(object_pool=pool, origin=r))
    call("LinkRepositoryToObjectPool", Pool.LinkRepositoryToObjectPool, P.LinkRepositoryToObjectPoolRequest(object_pool=pool, repository=fork))
    call("GetObjectPool", Pool.GetObjectPool, P.GetObjectPoolRequest(repository=fork), shown=True)
    call("FetchIntoObjectPool", Pool.FetchIntoObjectPool, P.FetchIntoObjectPoolRequest(object_pool=pool, origin=r))
    call("CalculateChecksum fork", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=fork), shown=True)
    call("FindCommit in fork", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=fork, revision=b"main"))
    call("DisconnectGitAlternates", Pool.DisconnectGitAlternates, P.DisconnectGitAlternatesRequest(repository=fork))
    call("DeleteObjectPool", Pool.DeleteObjectPool, P.DeleteObjectPoolRequest(object_pool=pool))
    call("GetObjectPool gone", Pool.GetObjectPool, P.GetObjectPoolRequest(repository=fork), shown=True)


def pool_path():
    name = hashlib.sha256(prefix.encode()).hexdigest()
    return "@pools/%s/%s/%s.git" % (name[:2], name[2:4], name)


def copies(r):
    bundle = b"".join(m.data for m in Repo.CreateBundle(R.CreateBundleRequest(repository=r), metadata=metadata))
    made = repo("from-bundle.git")
    parts = [R.CreateRepositoryFromBundleRequest(repository=made if at == 0 else None, data=bundle[at:at + 65536]) for at in range(0, len(bundle), 65536)]
    call("CreateRepositoryFromBundle", Repo.CreateRepositoryFromBundle, parts)
    call("CalculateChecksum bundle", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=made), shown=True)
    parts = [R.FetchBundleRequest(repository=made if at == 0 else None, data=bundle[at:at + 65536]) for at in range(0, len(bundle), 65536)]
    call("FetchBundle", Repo.FetchBundle, parts)
    call("FetchSourceBranch", Repo.FetchSourceBranch, R.FetchSourceBranchRequest(repository=made, source_repository=r, source_branch=b"main", target_ref=b"refs/tmp/x"), shown=True)
    call("ReplicateRepository", Repo.ReplicateRepository, R.ReplicateRepositoryRequest(repository=repo("replica.git"), source=r), quiet=True)
    call("RemoveRepository", Repo.RemoveRepository, R.RemoveRepositoryRequest(repository=made))
    call("RemoveRepository again", Repo.RemoveRepository, R.RemoveRepositoryRequest(repository=made), expect="NOT_FOUND")
    call("RepositoryExists removed", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=made), shown=True)
    call("CreateRepository after removal", Repo.CreateRepository, R.CreateRepositoryRequest(repository=made))


def bad(r):
    none = repo("none.git")
    call("FindCommit no repository", Commit.FindCommit, commit_pb2.FindCommitRequest(revision=b"main"), expect="INVALID_ARGUMENT")
    call("FindCommit unknown repository", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=none, revision=b"main"), expect="NOT_FOUND")
    call("WriteRef unknown repository", Repo.WriteRef, R.WriteRefRequest(repository=none, ref=b"refs/heads/x", revision=b"f" * 40), expect="NOT_FOUND")
    call("WriteRef unknown storage", Repo.WriteRef, R.WriteRefRequest(repository=repo("a.git", "nowhere"), ref=b"refs/heads/x", revision=b"f" * 40), expect="INVALID_ARGUMENT")
    call("FindCommit unknown storage", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=repo("a.git", "nowhere"), revision=b"x"), expect="INVALID_ARGUMENT")
    call("CreateRepository no path", Repo.CreateRepository, R.CreateRepositoryRequest(repository=S.Repository(storage_name="default")), expect="INVALID_ARGUMENT")
    call("CreateRepository no repository", Repo.CreateRepository, R.CreateRepositoryRequest(), expect="INVALID_ARGUMENT")
    call("RemoveRepository unknown", Repo.RemoveRepository, R.RemoveRepositoryRequest(repository=none), expect="NOT_FOUND")
    call("RepositoryExists unknown", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=none), shown=True)
    call("GetBlob no oid", Blob.GetBlob, blob_pb2.GetBlobRequest(repository=r), expect="INVALID_ARGUMENT")
    call("UserCreateBranch no user", Ops.UserCreateBranch, O.UserCreateBranchRequest(repository=r, branch_name=b"b1", start_point=b"main"), expect="INVALID_ARGUMENT")
    call("UserCommitFiles no header", Ops.UserCommitFiles, [], expect="INTERNAL")
    call("UserApplyPatch bad patch", Ops.UserApplyPatch, [O.UserApplyPatchRequest(header=O.UserApplyPatchRequest.Header(repository=r, user=ME, target_branch=b"p2", timestamp=WHEN)),
                                                         O.UserApplyPatchRequest(patches=b"nonsense")], expect="INTERNAL")
    call("RemoveAll", Repo.RemoveAll, R.RemoveAllRequest(storage_name="nowhere"), expect="INVALID_ARGUMENT")
    global metadata
    kept, metadata = metadata, [("authorization", "Bearer wrong")]
    call("wrong token", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=r), expect="PERMISSION_DENIED")
    metadata = []
    call("no token", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=r), expect="UNAUTHENTICATED")
    metadata = kept
    call("ServerInfo", Server.ServerInfo, server_pb2.ServerInfoRequest(), quiet=True)
    call("DiskStatistics", Server.DiskStatistics, server_pb2.DiskStatisticsRequest(), quiet=True)
    call("ReadinessCheck", Server.ReadinessCheck, server_pb2.ReadinessCheckRequest(), quiet=True)


def more_reading(r):
    C, D, B = commit_pb2, diff_pb2, blob_pb2
    both = {"left_commit_id": HEAD["main"], "right_commit_id": HEAD["feature"]}
    call("CommitStats", Commit.CommitStats, C.CommitStatsRequest(repository=r, revision=b"main"))
    call("CountDivergingCommits", Commit.CountDivergingCommits, C.CountDivergingCommitsRequest(**{"repository": r, "from": b"main", "to": b"feature"}), shown=True)
    call("ListLastCommitsForTree", Commit.ListLastCommitsForTree, C.ListLastCommitsForTreeRequest(repository=r, revision="main", limit=10))
    call("CommitsByMessage", Commit.CommitsByMessage, C.CommitsByMessageRequest(repository=r, revision=b"main", query="change", limit=5))
    call("ListCommitsByOid", Commit.ListCommitsByOid, C.ListCommitsByOidRequest(repository=r, oid=[HEAD["main"]]))
    call("ListCommitsByRefName", Commit.ListCommitsByRefName, C.ListCommitsByRefNameRequest(repository=r, ref_names=[b"refs/heads/main"]))
    call("GetCommitSignatures", Commit.GetCommitSignatures, C.GetCommitSignaturesRequest(repository=r, commit_ids=[HEAD["main"]]))
    call("GetCommitMessages", Commit.GetCommitMessages, C.GetCommitMessagesRequest(repository=r, commit_ids=[HEAD["main"]]))
    call("CheckObjectsExist", Commit.CheckObjectsExist, [C.CheckObjectsExistRequest(repository=r, revisions=[b"main"]), C.CheckObjectsExistRequest(revisions=[b"nothing"])], shown=True)
    call("FindAllCommits", Commit.FindAllCommits, C.FindAllCommitsRequest(repository=r, revision=b"main", max_count=5))
    call("ListAllCommits", Commit.ListAllCommits, C.ListAllCommitsRequest(repository=r), quiet=True)
    call("CommitLanguages", Commit.CommitLanguages, C.CommitLanguagesRequest(repository=r, revision=b"main"))
    call("FilterShasWithSignatures", Commit.FilterShasWithSignatures, [C.FilterShasWithSignaturesRequest(repository=r, shas=[HEAD["main"].encode()])])
    call("CommitDiff", Diff.CommitDiff, D.CommitDiffRequest(repository=r, **both))
    call("FindChangedPaths", Diff.FindChangedPaths, D.FindChangedPathsRequest(repository=r, commits=[HEAD["feature"]]))
    call("GetPatchID", Diff.GetPatchID, D.GetPatchIDRequest(repository=r, old_revision=HEAD["main"].encode(), new_revision=HEAD["feature"].encode()), shown=True)
    call("RawPatch", Diff.RawPatch, D.RawPatchRequest(repository=r, **both), field="data")
    call("ListAllBlobs", Blob.ListAllBlobs, B.ListAllBlobsRequest(repository=r, bytes_limit=5), quiet=True)
    call("GetLFSPointers none", Blob.GetLFSPointers, B.GetLFSPointersRequest(repository=r), expect="INVALID_ARGUMENT")
    call("ListLFSPointers", Blob.ListLFSPointers, B.ListLFSPointersRequest(repository=r, revisions=["main"]))
    call("ListAllLFSPointers", Blob.ListAllLFSPointers, B.ListAllLFSPointersRequest(repository=r))
    call("ListTagNamesContainingCommit", Ref.ListTagNamesContainingCommit, F.ListTagNamesContainingCommitRequest(repository=r, commit_id=HEAD["main"]))
    call("GetTagSignatures", Ref.GetTagSignatures, F.GetTagSignaturesRequest(repository=r, tag_revisions=["v1"]), quiet=True)
    call("ObjectsSize", Repo.ObjectsSize, [R.ObjectsSizeRequest(repository=r, revisions=[b"main"])], quiet=True)
    call("GetSnapshot", Repo.GetSnapshot, R.GetSnapshotRequest(repository=r), quiet=True)
    call("GetFileAttributes", Repo.GetFileAttributes, R.GetFileAttributesRequest(repository=r, revision=b"main", attributes=["diff"], paths=["README.md"]))
    call("CreateBundleFromRefList", Repo.CreateBundleFromRefList, [R.CreateBundleFromRefListRequest(repository=r, patterns=[b"refs/heads/main"])], quiet=True)
    call("BackupCustomHooks", Repo.BackupCustomHooks, R.BackupCustomHooksRequest(repository=r), quiet=True)
    call("ListConflictFiles", Conflicts.ListConflictFiles, conflicts_pb2.ListConflictFilesRequest(repository=r, our_commit_oid=HEAD["main"], their_commit_oid=HEAD["feature"]))
    call("CheckBlobsGenerated", Analysis.CheckBlobsGenerated, [analysis_pb2.CheckBlobsGeneratedRequest(repository=r, blobs=[analysis_pb2.CheckBlobsGeneratedRequest.Blob(revision=b"main:README.md", path=b"README.md")])])


def more_writing(r):
    call("SetCustomHooks nothing", Repo.SetCustomHooks, [R.SetCustomHooksRequest(repository=r, data=b"")], quiet=True)
    call("DeleteRefs absent", Ref.DeleteRefs, F.DeleteRefsRequest(repository=r, refs=[b"refs/heads/absent"]))
    call("DeleteRefs nothing", Ref.DeleteRefs, F.DeleteRefsRequest(repository=r), expect="INVALID_ARGUMENT")
    call("UserUpdateSubmodule absent", Ops.UserUpdateSubmodule, O.UserUpdateSubmoduleRequest(repository=r, user=ME, commit_sha=HEAD["main"], branch=b"main", submodule=b"sub", commit_message=b"m"), expect="FAILED_PRECONDITION")
    call("UserCreateBranch bad start", Ops.UserCreateBranch, O.UserCreateBranchRequest(repository=r, branch_name=b"b9", user=ME, start_point=b"absent"), expect="FAILED_PRECONDITION")
    call("UserMergeToRef bad", Ops.UserMergeToRef, O.UserMergeToRefRequest(repository=r, user=ME, source_sha="f" * 40, target_ref=b"refs/merge-requests/9/merge", first_parent_ref=b"refs/heads/main"), expect="INTERNAL")
    call("WriteRef stale", Repo.WriteRef, R.WriteRefRequest(repository=r, ref=b"refs/heads/main", revision=HEAD["main"].encode(), old_revision=b"1" * 40), expect="INTERNAL")
    call("ResolveConflicts nothing", Conflicts.ResolveConflicts, [conflicts_pb2.ResolveConflictsRequest()], expect="INVALID_ARGUMENT")
    call("CreateRepositoryFromURL bad", Repo.CreateRepositoryFromURL, R.CreateRepositoryFromURLRequest(repository=repo("url.git"), url="http://127.0.0.1:1/none.git"), expect="INTERNAL", quiet=True)
    call("RepositoryExists failed creation", Repo.RepositoryExists, R.RepositoryExistsRequest(repository=repo("url.git")), shown=True)


def more_bad(r):
    pool = S.ObjectPool(repository=S.Repository(storage_name="default", relative_path=pool_path()))
    call("FindRemoteRepository unknown storage", Remote.FindRemoteRepository, remote_pb2.FindRemoteRepositoryRequest(remote="http://127.0.0.1:1/x.git", storage_name="nowhere"), expect="INVALID_ARGUMENT")
    call("FindRemoteRepository no storage", Remote.FindRemoteRepository, remote_pb2.FindRemoteRepositoryRequest(remote="http://127.0.0.1:1/x.git"), expect="INVALID_ARGUMENT")
    call("FindRemoteRootRef no url", Remote.FindRemoteRootRef, remote_pb2.FindRemoteRootRefRequest(repository=r), expect="INVALID_ARGUMENT")
    call("CreateFork no source", Repo.CreateFork, R.CreateForkRequest(repository=repo("f2.git")), expect="INVALID_ARGUMENT")
    call("CreateFork unknown source", Repo.CreateFork, R.CreateForkRequest(repository=repo("f2.git"), source_repository=repo("none.git")), expect="INTERNAL")
    call("ReplicateRepository no source", Repo.ReplicateRepository, R.ReplicateRepositoryRequest(repository=repo("r2.git")), expect="INVALID_ARGUMENT")
    call("GetObjectPool unknown repository", Pool.GetObjectPool, P.GetObjectPoolRequest(repository=repo("none.git")), expect="NOT_FOUND")
    call("DeleteObjectPool unknown", Pool.DeleteObjectPool, P.DeleteObjectPoolRequest(object_pool=pool), expect="NOT_FOUND")
    call("DeleteObjectPool no pool", Pool.DeleteObjectPool, P.DeleteObjectPoolRequest(), expect="INVALID_ARGUMENT")
    call("LinkRepositoryToObjectPool unknown pool", Pool.LinkRepositoryToObjectPool, P.LinkRepositoryToObjectPoolRequest(object_pool=pool, repository=r), expect="NOT_FOUND")
    call("OptimizeRepository unknown", Repo.OptimizeRepository, R.OptimizeRepositoryRequest(repository=repo("none.git")), expect="NOT_FOUND")
    call("RepositorySize unknown", Repo.RepositorySize, R.RepositorySizeRequest(repository=repo("none.git")), expect="NOT_FOUND")
    call("RepositoryExists no repository", Repo.RepositoryExists, R.RepositoryExistsRequest(), expect="INVALID_ARGUMENT")
    call("RemoveRepository no repository", Repo.RemoveRepository, R.RemoveRepositoryRequest(), expect="INVALID_ARGUMENT")
    call("RepositoryReplicas", Info.RepositoryReplicas, praefect_pb2.RepositoryReplicasRequest(repository=repo("none.git")), expect="NOT_FOUND")
    call("a path outside", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=S.Repository(storage_name="default", relative_path="../x.git"), revision=b"main"), expect="NOT_FOUND")


def forced(r):
    """Reads that only the primary may serve, by their caller's word."""
    only = lambda policy: [("gitaly-route-repository-accessor-policy", policy)]
    call("FindCommit forced", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=r, revision=b"main"), meta=only("primary-only"))
    call("RefExists forced", Ref.RefExists, F.RefExistsRequest(repository=r, ref=b"refs/heads/main"), shown=True, meta=only("primary-only"))
    call("ListRefs forced", Ref.ListRefs, F.ListRefsRequest(repository=r, patterns=[b"refs/"]), meta=only("primary-only"))
    call("FindCommit forced unknown", Commit.FindCommit, commit_pb2.FindCommitRequest(repository=repo("none.git"), revision=b"main"), expect="NOT_FOUND", meta=only("primary-only"))
    call("RefExists other policy", Ref.RefExists, F.RefExistsRequest(repository=r, ref=b"refs/heads/main"), shown=True, meta=only("sometimes"))


def at_once(r):
    """Writes that do not touch one another, under way together."""
    settle()
    metadata[0] = bearer()
    requests = [R.WriteRefRequest(repository=r, ref=b"refs/heads/at-once-%d" % i, revision=HEAD["feature"].encode()) for i in range(10)]
    calls = [Repo.WriteRef.future(request, metadata=metadata + correlation(), timeout=60) for request in requests]
    codes = sorted(one.exception().code().name if one.exception() else "OK" for one in calls)
    show("WriteRef ten at once", max(codes), " ".join(codes))
    call("FindLocalBranches after", Ref.FindLocalBranches, F.FindLocalBranchesRequest(repository=r))
    call("DeleteRefs all ten", Ref.DeleteRefs, F.DeleteRefsRequest(repository=r, refs=[request.ref for request in requests]))
    call("CalculateChecksum after", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=r), shown=True)


def beside_another(r):
    """Writes in which a second repository has a part, once it is on all nodes."""
    name = hashlib.sha256(prefix.encode() + b"2").hexdigest()
    pool = S.ObjectPool(repository=S.Repository(storage_name="default", relative_path="@pools/%s/%s/%s.git" % (name[:2], name[2:4], name)))
    call("CreateObjectPool second", Pool.CreateObjectPool, P.CreateObjectPoolRequest(object_pool=pool, origin=r))
    call("LinkRepositoryToObjectPool origin", Pool.LinkRepositoryToObjectPool, P.LinkRepositoryToObjectPoolRequest(object_pool=pool, repository=r))
    call("LinkRepositoryToObjectPool again", Pool.LinkRepositoryToObjectPool, P.LinkRepositoryToObjectPoolRequest(object_pool=pool, repository=r))
    call("GetObjectPool origin", Pool.GetObjectPool, P.GetObjectPoolRequest(repository=r), shown=True)
    call("UserCreateBranch linked", Ops.UserCreateBranch, O.UserCreateBranchRequest(repository=r, branch_name=b"linked", user=ME, start_point=b"main"))
    call("FetchIntoObjectPool second", Pool.FetchIntoObjectPool, P.FetchIntoObjectPoolRequest(object_pool=pool, origin=r))
    call("FetchIntoObjectPool no origin", Pool.FetchIntoObjectPool, P.FetchIntoObjectPoolRequest(object_pool=pool), expect="INVALID_ARGUMENT")
    call("CreateFork linked", Repo.CreateFork, R.CreateForkRequest(repository=repo("fork2.git"), source_repository=r))
    call("DisconnectGitAlternates origin", Pool.DisconnectGitAlternates, P.DisconnectGitAlternatesRequest(repository=r))
    call("OptimizeRepository after", Repo.OptimizeRepository, R.OptimizeRepositoryRequest(repository=r))
    call("CalculateChecksum unlinked", Repo.CalculateChecksum, R.CalculateChecksumRequest(repository=r), shown=True)


r = repo("life.git")
for part in (create_and_commit, operate, references, reading, more_reading, forced, at_once, maintain, more_writing, forks_and_pools, beside_another, copies, bad, more_bad):
    part(r)
finish()
print("calls: %d" % count, file=sys.stderr)
