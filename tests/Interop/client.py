#!/usr/bin/python3
"""client.py ADDRESS: what grpcio expects of any gRPC server, asked of the gateway. One line a case, exit code 1 if one fails.

Needs what calls.py needs. ADDRESS is HOST:PORT or tls://HOST:PORT with CERT.
"""
import hmac, os, sys, time

import generated  # makes the next ones importable
import grpc
import commit_pb2, commit_pb2_grpc, operations_pb2, operations_pb2_grpc, ref_pb2, ref_pb2_grpc, repository_pb2, repository_pb2_grpc, shared_pb2

address = sys.argv[1]
if address.startswith("tls://"):
    channel = grpc.secure_channel(address[6:], grpc.ssl_channel_credentials(open(os.environ["CERT"], "rb").read()))
else:
    channel = grpc.insecure_channel(address)
now = "%d" % time.time()
AUTH = [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]
repository = shared_pb2.Repository(storage_name="default", relative_path="client/%d.git" % (time.time() * 1000), gl_repository="project-1")
ME = shared_pb2.User(gl_id="user-1", name=b"Ann", email=b"ann@example.com", gl_username="ann", timezone="UTC")
repo, commits, ops, refs = (module(channel) for module in (
    repository_pb2_grpc.RepositoryServiceStub, commit_pb2_grpc.CommitServiceStub, operations_pb2_grpc.OperationServiceStub, ref_pb2_grpc.RefServiceStub))
O = operations_pb2
failures = 0


def case(name):
    def run(body):
        global failures
        try:
            print("ok   %s %s" % (name, body() or ""), flush=True)
        except Exception as e:
            failures += 1
            print("FAIL %s: %s %s" % (name, type(e).__name__, str(e)[:300]), flush=True)
    return run


def fails(code, call):
    try:
        call()
    except grpc.RpcError as e:
        assert e.code() == code, e
        return e
    raise AssertionError("no error")


def commit(path, content):
    yield O.UserCommitFilesRequest(header=O.UserCommitFilesRequestHeader(repository=repository, user=ME, branch_name=b"main", commit_message=b"m"))
    yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=path)))
    for at in range(0, len(content), 1 << 20):
        yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(content=content[at:at + (1 << 20)]))


def slow():
    yield next(commit(b"slow", b""))
    time.sleep(1.5)


LARGE = bytes(range(256)) * 40960


@case("unary")
def _():
    repo.CreateRepository(repository_pb2.CreateRepositoryRequest(repository=repository, default_branch=b"main"), metadata=AUTH)
    assert repo.RepositoryExists(repository_pb2.RepositoryExistsRequest(repository=repository), metadata=AUTH).exists


@case("client stream of 10 MiB in messages of 1 MiB")
def _():
    assert ops.UserCommitFiles(commit(b"large", LARGE), metadata=AUTH, timeout=60).branch_update.commit_id


@case("server stream of 10 MiB")
def _():
    got = b"".join(m.data for m in commits.TreeEntry(commit_pb2.TreeEntryRequest(repository=repository, revision=b"main", path=b"large"), metadata=AUTH))
    assert got == LARGE


@case("one request message of 3 MiB")
def _():
    names = [b"refs/heads/%d-" % i + b"x" * 180 for i in range(16000)]
    refs.DeleteRefs(ref_pb2.DeleteRefsRequest(repository=repository, refs=names), metadata=AUTH, timeout=60)


@case("status details")
def _():
    e = fails(grpc.StatusCode.NOT_FOUND, lambda: refs.FindTag(ref_pb2.FindTagRequest(repository=repository, tag_name=b"none"), metadata=AUTH))
    details = dict(e.trailing_metadata())["grpc-status-details-bin"]
    assert b"gitaly.FindTagError" in details, details


@case("deadline")
def _():
    began = time.monotonic()
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: ops.UserCommitFiles(slow(), metadata=AUTH, timeout=0.5))
    assert time.monotonic() - began < 2


@case("cancel in the middle of a server stream")
def _():
    for _ in range(20):
        call = commits.TreeEntry(commit_pb2.TreeEntryRequest(repository=repository, revision=b"main", path=b"large"), metadata=AUTH)
        next(call)
        call.cancel()
        fails(grpc.StatusCode.CANCELLED, lambda: list(call))


@case("cancelled write leaves the repository writable")
def _():
    call = ops.UserCommitFiles.future(slow(), metadata=AUTH)
    time.sleep(0.3)
    call.cancel()
    assert ops.UserCommitFiles(commit(b"after", b"x"), metadata=AUTH, timeout=30).branch_update.commit_id


@case("metadata: duplicates, -bin, 7 KiB value")
def _():
    extra = [("x-twice", "one"), ("x-twice", "two"), ("x-raw-bin", bytes(range(256))), ("x-long", "v" * 7000)]
    assert repo.RepositoryExists(repository_pb2.RepositoryExistsRequest(repository=repository), metadata=AUTH + extra).exists


@case("gzip of requests")
def _():
    assert repo.RepositoryExists(repository_pb2.RepositoryExistsRequest(repository=repository), metadata=AUTH, compression=grpc.Compression.Gzip).exists


@case("200 calls at once on one connection")
def _():
    calls = [commits.FindCommit.future(commit_pb2.FindCommitRequest(repository=repository, revision=b"main"), metadata=AUTH, timeout=60) for _ in range(200)]
    assert all(call.result().commit.id for call in calls)


@case("unknown method")
def _():
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: channel.unary_unary("/gitaly.RepositoryService/Nothing")(b"", metadata=AUTH))


sys.exit(1 if failures else 0)
