#!/usr/bin/python3
"""stalls.py HOST:PORT PID: slow readers and stalled uploads against the gateway with that pid. COUNT (200) clients ask for a stream of 16 MiB and read
nothing; as many begin an upload and send no more than windows allow; meanwhile a healthy client calls. Ends with 1 if the gateway's memory goes on
growing once all have stalled, grows by more than 2 MiB a stalled call in all, or a healthy call fails."""
import hmac, os, sys, threading, time
import generated  # makes the next ones importable
import grpc
import blob_pb2, blob_pb2_grpc, operations_pb2 as O, operations_pb2_grpc, repository_pb2 as R, repository_pb2_grpc, shared_pb2

address, pid, count = sys.argv[1], int(sys.argv[2]), int(os.environ.get("COUNT", "200"))
ME = shared_pb2.User(gl_id="user-1", name=b"Ann", email=b"ann@example.com", gl_username="ann", timezone="UTC")
repository = shared_pb2.Repository(storage_name="default", relative_path="stalls/%d.git" % (time.time() * 1000), gl_repository="project-1")
stop = threading.Event()


def auth():
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]


def connect(number=0):
    # A connection each: clients that share one would stall one another by its window.
    return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1), ("x-number", number), ("grpc.http2.lookahead_bytes", 65536), ("grpc.http2.bdp_probe", 0)])


def memory():
    return int(next(line for line in open("/proc/%d/status" % pid) if line.startswith("VmRSS")).split()[1]) // 1024


def commit(content, stall=False):
    yield O.UserCommitFilesRequest(header=O.UserCommitFilesRequestHeader(repository=repository, user=ME, branch_name=b"main", commit_message=b"m"))
    yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=b"large")))
    for at in range(0, len(content), 65536):
        yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(content=content[at:at + 65536]))
    if stall:
        stop.wait()


channel = connect()
repositories, blobs, operations = repository_pb2_grpc.RepositoryServiceStub(channel), blob_pb2_grpc.BlobServiceStub(channel), operations_pb2_grpc.OperationServiceStub(channel)
repositories.CreateRepository(R.CreateRepositoryRequest(repository=repository, default_branch=b"main"), metadata=auth())
operations.UserCommitFiles(commit(os.urandom(16 << 20)), metadata=auth(), timeout=120)
for message in blobs.ListAllBlobs(blob_pb2.ListAllBlobsRequest(repository=repository), metadata=auth()):
    oid = message.blobs[0].oid or oid
sum(len(m.data) for m in blobs.GetBlob(blob_pb2.GetBlobRequest(repository=repository, oid=oid, limit=-1), metadata=auth()))
time.sleep(2)

before, times, errors = memory(), [], []


def healthy():
    while not stop.is_set():
        began = time.monotonic()
        try:
            assert repositories.RepositoryExists(R.RepositoryExistsRequest(repository=repository), metadata=auth(), timeout=20).exists
        except (grpc.RpcError, AssertionError) as e:
            errors.append(repr(e)[:200])
        times.append(time.monotonic() - began)
        stop.wait(0.05)


caller = threading.Thread(target=healthy)
caller.start()
channels, calls = [connect(number) for number in range(1, count + 1)], []
for own in channels:
    calls.append(blob_pb2_grpc.BlobServiceStub(own).GetBlob(blob_pb2.GetBlobRequest(repository=repository, oid=oid, limit=-1), metadata=auth()))
time.sleep(15)
readers = memory()
for own in channels:
    calls.append(operations_pb2_grpc.OperationServiceStub(own).UserCommitFiles.future(commit(os.urandom(1 << 20), stall=True), metadata=auth()))
time.sleep(15)
uploads = memory()
samples = []
for _ in range(20):
    time.sleep(1)
    samples.append(memory())
stop.set()
caller.join()
for call in calls:
    call.cancel()
fine = not errors and samples[-1] - uploads <= 50 and samples[-1] - before <= 2 * 2 * count
print("%s %d slow readers and %d stalled uploads: %d MB before, %d with the readers, %d with both, %d to %d over the next 20 s; %d healthy calls, %d failed, slowest %.0f ms" % (
    "ok  " if fine else "BAD ", count, count, before, readers, uploads, min(samples), max(samples), len(times), len(errors), 1000 * max(times)), flush=True)
for error in errors[:3]:
    print("  " + error)
os._exit(0 if fine else 1)
