#!/usr/bin/python3
"""life.py ADDRESS: a life of repositories on real Gitaly behind the gateway at ADDRESS. calls.py does the calls (creation, User*, forks, pools,
replication, housekeeping, deletion); here git comes to it: push over SSHReceivePack and PostReceivePack, clone over
SSHUploadPackWithSidechannel and PostUploadPackWithSidechannel; then a repository is tracked from a disk, loses a replica, and sees nodes
restarted with other settings. After each part all replicas have to be the same by checksum.
Needs what calls.py needs, nodes of up.sh, and git."""
import os, shutil, subprocess, sys, tempfile, time

here, work = os.path.dirname(os.path.realpath(__file__)), os.environ["WORK"]
address = sys.argv[1]
failed = 0


def part(name):
    def run(body):
        global failed
        began = time.monotonic()
        try:
            said = body() or ""
        except Exception as e:
            failed += 1
            said = "FAILED %s" % " ".join(repr(e).split())[:400]
        print("  %-58s %5.1f s %s" % (name, time.monotonic() - began, said), flush=True)
        import replicas
        good, count, wrong = replicas.agree()
        if not good:
            failed += 1
        print("  %-58s         %s" % ("", "%d repositories, three equal replicas each" % count if good else "DIFFERENT: %s" % wrong), flush=True)
    return run


calls = subprocess.run([sys.executable, here + "/calls.py", address, "life/%d" % time.time()], stdout=subprocess.PIPE, universal_newlines=True)
print("  calls.py: %d calls, exit code %d" % (calls.stdout.count("\n"), calls.returncode), flush=True)
failed += calls.returncode != 0
import generated  # makes the next ones importable
import grpc
import operations_pb2, operations_pb2_grpc, repository_pb2 as R, repository_pb2_grpc, shared_pb2, smarthttp_pb2 as H, smarthttp_pb2_grpc
from replicas import auth

channel = grpc.insecure_channel(address)
Repo, Http = repository_pb2_grpc.RepositoryServiceStub(channel), smarthttp_pb2_grpc.SmartHTTPServiceStub(channel)
relative = "git/%d.git" % (time.time() * 1000)
repository = shared_pb2.Repository(storage_name="default", relative_path=relative, gl_repository="project-1", gl_project_path=relative[:-4])
folder = tempfile.mkdtemp()
url = "ssh://git@gitaly/" + relative
environment = dict(os.environ, GIT_SSH_COMMAND=here + "/gitssh.sh", GITALY_ADDRESS="tcp://" + address, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="a@b",
                   GIT_COMMITTER_NAME="Ann", GIT_COMMITTER_EMAIL="a@b", GIT_CONFIG_GLOBAL="/dev/null", GIT_SSH_VARIANT="ssh")


def git(*words, cwd=None, data=None):
    done = subprocess.run(["git", *words], cwd=cwd or folder + "/one", input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-300:]
    return done.stdout


def change(name, size=1000):
    with open("%s/one/%s" % (folder, name), "wb") as file:
        file.write(os.urandom(size))
    git("add", "."), git("commit", "-q", "-m", name)
    return git("rev-parse", "HEAD").decode().strip()


def line(text):
    return b"%04x" % (len(text) + 4) + text


@part("CreateRepository, push over SSHReceivePack")
def _():
    Repo.CreateRepository(R.CreateRepositoryRequest(repository=repository, default_branch=b"main"), metadata=auth())
    git("init", "-q", "-b", "main", folder + "/one", cwd=folder)
    change("first", 3 << 20)
    git("push", "-q", url, "HEAD:main")


@part("ten pushes over SSHReceivePack")
def _():
    for i in range(10):
        change("ssh-%d" % i)
        git("push", "-q", url, "HEAD:main", "HEAD:refs/heads/branch-%d" % i)


@part("push over PostReceivePack")
def _():
    old = git("rev-parse", "HEAD").decode().strip()
    new = change("http")
    pack = git("pack-objects", "--stdout", "--revs", "-q", data=("%s\n^%s\n" % (new, old)).encode())
    body = line(("%s %s refs/heads/main\0 report-status" % (old, new)).encode()) + b"0000" + pack
    first = H.PostReceivePackRequest(repository=repository, gl_id="user-1", gl_repository="project-1", gl_username="ann")
    requests = [first] + [H.PostReceivePackRequest(data=body[at:at + 65536]) for at in range(0, len(body), 65536)]
    answer = b"".join(m.data for m in Http.PostReceivePack(iter(requests), metadata=auth(), timeout=60))
    assert b"unpack ok" in answer and b"ok refs/heads/main" in answer, answer


@part("clone over SSHUploadPackWithSidechannel")
def _():
    git("clone", "-q", url, folder + "/two", cwd=folder)
    assert git("rev-parse", "HEAD", cwd=folder + "/two") == git("rev-parse", "HEAD")
    git("fsck", "--full", cwd=folder + "/two")


@part("clone over PostUploadPackWithSidechannel")
def _():
    # The gateway's front for HTTP is a client of its own gRPC port: the RPC and its sidechannel go the whole way.
    host, port = address.split(":")
    git("clone", "-q", "http://%s:%d/default/%s" % (host, int(port) + 3, relative), folder + "/three", cwd=folder)
    assert git("rev-parse", "HEAD", cwd=folder + "/three") == git("rev-parse", "HEAD")
    git("fsck", "--full", cwd=folder + "/three")
    assert any(b"PostUploadPackWithSidechannel" in line and b"finished" in line for line in open(work + "/log/gateway.log", "rb"))


@part("a denied push changes nothing")
def _():
    old = git("rev-parse", "HEAD").decode().strip()
    try:
        git("push", "-q", url, "HEAD~1:main")
    except AssertionError:
        assert git("ls-remote", url, "refs/heads/main").decode().split()[0] == old
        return
    raise AssertionError("a push that is no fast-forward went through")


@part("clients that leave while they write, each at another moment")
def _():
    O, stub = operations_pb2, operations_pb2_grpc.OperationServiceStub(channel)
    ann = shared_pb2.User(gl_id="user-1", name=b"Ann", email=b"a@b", gl_username="ann", timezone="UTC")
    done = 0

    def commit(number):
        yield O.UserCommitFilesRequest(header=O.UserCommitFilesRequestHeader(repository=repository, user=ann, branch_name=b"left-%d" % number, commit_message=b"m", start_branch_name=b"main"))
        yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=b"left-%d" % number)))
        yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(content=b"x" * 100000))

    for number in range(30):
        call = stub.UserCommitFiles.future(commit(number), metadata=auth(), timeout=60)
        time.sleep(0.01 * number)
        done += not call.cancel()
    answer = stub.UserCommitFiles(commit(99), metadata=auth(), timeout=60)
    assert answer.branch_update.commit_id
    return "%d of 30 were done before" % done


@part("housekeeping and deletion of branches")
def _():
    Repo.OptimizeRepository(R.OptimizeRepositoryRequest(repository=repository, strategy=R.OptimizeRepositoryRequest.STRATEGY_EAGER), metadata=auth(), timeout=60)
    git("push", "-q", url, *[":refs/heads/branch-%d" % i for i in range(10)])


@part("RemoveRepository")
def _():
    Repo.RemoveRepository(R.RemoveRepositoryRequest(repository=repository), metadata=auth(), timeout=60)
    assert not Repo.RepositoryExists(R.RepositoryExistsRequest(repository=repository), metadata=auth()).exists


# What commands and restarts do to a repository that was on a disk before anybody knew of it.
tracked = "tracked/%d.git" % (time.time() * 1000)
replica = "@cluster/repositories/aa/bb/%d" % (time.time() * 1000)
tracked_url = "ssh://git@gitaly/" + tracked
dll = os.environ.get("PRAEFECT", os.path.join(here, "../../artifacts/bin/Praefect.Silo/release/praefect.dll"))


def praefect(*words):
    done = subprocess.run(["dotnet", dll, "-config", work + "/etc/gateway.toml", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
    assert done.returncode == 0, done.stdout[-400:]
    return " ".join(done.stdout.decode(errors="replace").split())[:110]


def on(node):
    return "%s/data/gitaly-%d/%s" % (work, node, replica)


def until(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "%s has not come about within %d s" % (what, seconds)
        time.sleep(0.1)


def restart(node, **more):
    """Stops a node, pushes while it is away, and starts it with other settings."""
    subprocess.run(["bash", "-c", ". %s/lib.sh; stop gitaly-%d" % (here, node)], check=True)
    change("away-%d-%d" % (node, len(more)))
    for attempt in range(20):
        try:
            git("push", "-q", tracked_url, "HEAD:main")
            break
        except AssertionError:
            time.sleep(0.5)
    else:
        raise AssertionError("no push went through while a node was away")
    subprocess.run([here + "/up.sh", "node", str(node)], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, **more))
    change("back-%d-%d" % (node, len(more)))
    git("push", "-q", tracked_url, "HEAD:main", "HEAD:refs/heads/after-%d-%d" % (node, len(more)))


@part("track-repository of one on a disk, and a push to it")
def _():
    os.makedirs(os.path.dirname(on(1)), exist_ok=True)
    git("clone", "-q", "--bare", folder + "/one", on(1), cwd=folder)
    said = praefect("track-repository", "-virtual-storage", "default", "-relative-path", tracked, "-replica-path", replica,
                    "-authoritative-storage", "gitaly-1", "-replicate-immediately")
    change("tracked")
    git("push", "-q", tracked_url, "HEAD:main")
    return said


@part("verify finds a deleted replica, repair brings it back")
def _():
    shutil.rmtree(on(2))
    said = praefect("verify", "-virtual-storage", "default", "-storage", "gitaly-2")
    until("the replica", lambda: os.path.exists(on(2) + "/HEAD"))
    change("verified")
    git("push", "-q", tracked_url, "HEAD:main")
    return said


@part("a node restarted with all feature flags on, pushes between")
def _():
    restart(3, GITALY_TESTING_ENABLE_ALL_FEATURE_FLAGS="true")


@part("that node restarted as it was, pushes between")
def _():
    restart(3)


@part("the primary or a secondary restarted the same way")
def _():
    restart(1, GITALY_TESTING_ENABLE_ALL_FEATURE_FLAGS="true")
    restart(1)


sys.exit(1 if failed else 0)
