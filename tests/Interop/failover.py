#!/usr/bin/python3
"""failover.py ADDRESS: kill -9 and then SIGSTOP, of a secondary and of the primary, under writes and reads of one repository.

Prints for each round: calls, errors, the longest time without a success, acknowledged writes that are missing at the end, and how long the
three replicas took to agree by checksum after the node was back. Ends with 1 if a write is lost or the replicas do not agree within 60 s.
Needs what calls.py needs, and nodes started by up.sh (it stops and starts them).
"""
import glob, hmac, os, re, subprocess, sys, threading, time

here, work = os.path.dirname(os.path.realpath(__file__)), os.environ["WORK"]
import generated  # makes the next ones importable
import grpc
import operations_pb2, operations_pb2_grpc, ref_pb2, ref_pb2_grpc, repository_pb2, repository_pb2_grpc, shared_pb2

address = sys.argv[1].replace("tcp://", "")
base = int(os.environ.get("NODE_PORT", "8110"))
name = "failover/%d.git" % time.time()
repository = shared_pb2.Repository(storage_name="default", relative_path=name, gl_repository="project-1")
ME = shared_pb2.User(gl_id="user-1", name=b"Ann", email=b"ann@example.com", gl_username="ann", timezone="UTC")


def auth():
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]


channel = grpc.insecure_channel(address)
repo, ref = repository_pb2_grpc.RepositoryServiceStub(channel), ref_pb2_grpc.RefServiceStub(channel)


class Loop:
    """A call again and again by a few threads, since one that hangs on a node should not stand for all, with a pause after each: on a machine that is full, one
    write alone takes seconds, and the gaps are the machine's. The pauses are part of the gaps."""

    def __init__(self, what, threads, pause):
        self.what, self.going, self.done, self.errors, self.gap, self.kinds, self.pause = what, True, [], 0, 0.0, {}, pause
        self.last, self.number, self.gate = time.monotonic(), 0, threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()
        self.gap = max(self.gap, time.monotonic() - self.last)

    def run(self):
        while self.going:
            with self.gate:
                self.number += 1
                number = self.number
            try:
                self.what(number)
                with self.gate:
                    self.done.append(number)
                    self.gap, self.last = max(self.gap, time.monotonic() - self.last), time.monotonic()
                time.sleep(self.pause)
            except grpc.RpcError as e:
                kind = "%s: %s" % (e.code().name, e.details()[:90])
                with self.gate:
                    self.errors += 1
                    self.kinds[kind] = self.kinds.get(kind, 0) + 1
                time.sleep(0.02)


def primary():
    """The node that answered the last write, from the gateway's log."""
    found = 0
    for line in open(work + "/log/gateway.log", errors="replace"):
        if name in line and "finished" in line and "code OK" in line and ("WriteRef" in line or "UserCommitFiles" in line):
            route = re.search(r'"primary" *: *"gitaly-([0-9])"', line)
            found = int(route.group(1)) if route else found
    return found


def replica_path():
    """The repository made last: the highest number of all replica paths."""
    root = work + "/data/gitaly-1/"
    return max(glob.glob(root + "@cluster/repositories/*/*/*"), key=lambda path: int(path.rsplit("/", 1)[1]))[len(root):]


def checksums():
    """What each node itself says about its replica."""
    found = []
    for node in (1, 2, 3):
        with grpc.insecure_channel("127.0.0.1:%d" % (base + node)) as direct:
            stub = repository_pb2_grpc.RepositoryServiceStub(direct)
            request = repository_pb2.CalculateChecksumRequest(repository=shared_pb2.Repository(storage_name="gitaly-%d" % node, relative_path=path_on_disk))
            try:
                found.append(stub.CalculateChecksum(request, metadata=auth(), timeout=10, wait_for_ready=True).checksum)
            except grpc.RpcError as e:
                found.append(e.code().name)
    return found


def shell(command):
    subprocess.check_call(["bash", "-c", '. "%s/lib.sh"; %s' % (here, command)], stdout=subprocess.DEVNULL)


def fail(node, how):
    """Takes the node away and brings it back after a while."""
    if how == "killed":
        shell("stop gitaly-%d KILL" % node)
        time.sleep(8)
        shell('"$HERE/up.sh" node %d' % node)
    else:
        shell("kill -STOP $(pid_of gitaly-%d)" % node)
        time.sleep(25)
        shell("kill -CONT $(pid_of gitaly-%d)" % node)


def round(what, how, node, prefix):
    def write(number):
        repo.WriteRef(repository_pb2.WriteRefRequest(repository=repository, ref=b"refs/heads/%s-%d" % (prefix, number), revision=head), metadata=auth(), timeout=10)

    def read(_):
        assert ref.RefExists(ref_pb2.RefExistsRequest(repository=repository, ref=b"refs/heads/main"), metadata=auth(), timeout=10).value

    writes, reads = Loop(write, 2, 0.2), Loop(read, 4, 0.1)
    writes.start(), reads.start()
    time.sleep(4)
    fail(node, how)
    back = time.monotonic()
    time.sleep(3)
    writes.going = reads.going = False
    writes.join(), reads.join()
    for loop, kind in ((writes, "writes"), (reads, "reads")):
        print("%s %s (gitaly-%d), %s: %d ok, %d errors, longest time without a success %.2f s %s" % (what, how, node, kind, len(loop.done), loop.errors, loop.gap, loop.kinds or ""), flush=True)
    agree = checksums()
    while len(set(agree)) > 1 and time.monotonic() - back < 60:
        time.sleep(0.5)
        agree = checksums()
    refs = {r.name for m in ref.ListRefs(ref_pb2.ListRefsRequest(repository=repository, patterns=[b"refs/heads/"]), metadata=auth(), timeout=30) for r in m.references}
    lost = [n for n in writes.done if b"refs/heads/%s-%d" % (prefix, n) not in refs]
    print("%s %s: replicas agree %s %.1f s after the node was back (%s), %d acknowledged writes lost" % (what, how, len(set(agree)) == 1, time.monotonic() - back, " ".join(agree), len(lost)), flush=True)
    return len(set(agree)) == 1 and not lost and writes.done and reads.done


repo.CreateRepository(repository_pb2.CreateRepositoryRequest(repository=repository, default_branch=b"main"), metadata=auth())
O = operations_pb2
header = O.UserCommitFilesRequestHeader(repository=repository, user=ME, branch_name=b"main", commit_message=b"first")
action = O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=b"README")
answer = operations_pb2_grpc.OperationServiceStub(channel).UserCommitFiles(iter([
    O.UserCommitFilesRequest(header=header), O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=action))]), metadata=auth())
head = answer.branch_update.commit_id.encode()
path_on_disk = replica_path()
fine = True
for how in ("killed", "stopped"):
    fine = round("secondary", how, primary() % 3 + 1, b"a" + how.encode()) and fine
    fine = round("primary", how, primary(), b"b" + how.encode()) and fine
sys.exit(0 if fine else 1)
