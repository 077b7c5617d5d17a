"""What the three nodes of up.sh have on their disks, and whether it is the same: each replica's checksum, as each node itself computes it."""
import glob, hmac, os, time
import grpc
import repository_pb2, repository_pb2_grpc, shared_pb2

root = os.environ["WORK"] + "/data/gitaly-%d/"
base = int(os.environ.get("NODE_PORT", "8110"))


def auth():
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]


def paths(node):
    found = glob.glob((root % node) + "@cluster/*/*/*/*")
    return sorted(path[len(root % node):] for path in found if os.path.isfile(path + "/HEAD"))


def checksum(stub, node, path):
    request = repository_pb2.CalculateChecksumRequest(repository=shared_pb2.Repository(storage_name="gitaly-%d" % node, relative_path=path))
    try:
        return stub.CalculateChecksum(request, metadata=auth(), timeout=20).checksum
    except grpc.RpcError as e:
        return e.code().name


def all_checksums():
    out = {}
    for node in (1, 2, 3):
        with grpc.insecure_channel("127.0.0.1:%d" % (base + node)) as channel:
            stub = repository_pb2_grpc.RepositoryServiceStub(channel)
            for path in paths(node):
                out.setdefault(path, {})[node] = checksum(stub, node, path)
    return out


def agree(seconds=60):
    """Waits until every replica path is on all three nodes with one checksum. (agreed, number of paths, what does not agree)"""
    until = time.monotonic() + seconds
    while True:
        found = all_checksums()
        wrong = {path: sums for path, sums in found.items() if len(sums) != 3 or len(set(sums.values())) != 1}
        if not wrong or time.monotonic() > until:
            return not wrong, len(found), wrong
        time.sleep(0.5)
