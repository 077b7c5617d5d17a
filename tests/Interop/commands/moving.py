#!/usr/bin/python3
"""moving.py: docs/moving-in.md, step by step: repositories of a real Praefect on real Gitaly are taken over, written to, and given back.
Needs what commands.py needs. One line a step, exit code 1 if one fails."""
import json, os, subprocess, sys, time

here = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, here)
from rpc import Calls
from side import STORAGES, Side, until

port, node_port = int(os.environ.get("PORT", "2395")), int(os.environ.get("NODE_PORT", "8110"))
theirs = Side("praefect", port, node_port)
ours = Side("praefect", port + 10, node_port)          # the same nodes and database, another port
ours.program = ["dotnet", os.environ["PRAEFECT"]]
ours.config = theirs.config.replace("praefect.toml", "gateway.toml")
before, here_too = Calls(theirs.port), Calls(ours.port)
paths = ["moving/%d.git" % i for i in range(8)]
heads, failed = {}, 0


def part(name):
    def run(body):
        global failed
        began = time.monotonic()
        try:
            said = body() or ""
        except Exception as e:
            failed += 1
            said = "FAILED %s" % " ".join(("%s %s" % (type(e).__name__, e)).split())[:600]
        print("  %-72s %5.1f s %s" % (name, time.monotonic() - began, said), flush=True)
    return run


def command(side, *words, code=0, config=None):
    result = side.run(words, config=config)
    assert result[0] == code, "%s: exit code %d: %s %s" % (" ".join(words), *result)
    return result[1]


def sql(text):
    return theirs.script('"$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/psql" -h 127.0.0.1 -p %d -U postgres -d praefect -tAc "%s"' % (theirs.port + 5, text)).stdout.strip()


def start_ours():
    done = ours.script("start gateway dotnet '%s' -config '%s'; wait_port %d 30" % (os.environ["PRAEFECT"], ours.config, ours.port))
    assert done.returncode == 0, done.stdout


def same_everywhere(through, path):
    """Reads from each node's disk by itself: the same branches at the same commits."""
    replica = through.metadata(path).replica_path
    seen = {tuple(sorted(Calls(node_port + i, STORAGES[i - 1]).commits(replica).items())) for i in (1, 2, 3)}
    assert len(seen) == 1, "%s differs: %s" % (path, seen)
    return dict(seen.pop())


def record(side, path):
    """What metadata says, without times."""
    return command(side, "metadata", "-virtual-storage", "default", "-relative-path", path).replace("TIME", "unverified")


@part("a real Praefect with eight repositories, one with two assignments, one with a replica that is behind")
def _():
    theirs.up("nodes", "praefect")
    for path in paths:
        before.create(path)
        before.commit(path, "first")
        before.settle(path)
    command(theirs, "set-replication-factor", "-virtual-storage", "default", "-relative-path", paths[1], "-replication-factor", "2")
    theirs.stop("gitaly-3")
    before.health(paths[0], STORAGES[:2])
    before.commit(paths[2], "second")


@part("prepare: the same file with another port, sql-migrate in the same database")
def _():
    with open(ours.config, "w") as file:
        file.write(open(theirs.config).read().replace('"127.0.0.1:%d"' % theirs.port, '"127.0.0.1:%d"' % ours.port)
                   .replace('"127.0.0.1:%d"' % (theirs.port + 2), '"127.0.0.1:%d"' % (ours.port + 2)))
    command(ours, "sql-migrate")


@part("look: started beside Praefect, import without -apply")
def _():
    start_ours()
    out = command(ours, "import")
    assert sql("select count(*) from repositories") == "8"
    return " ".join(out.split())


@part("import -apply is refused while Praefect runs")
def _():
    code, out, error = ours.run(["import", "-apply"])
    assert code == 1, (out, error)
    return error.strip()


records = {}


@part("switch: Praefect stopped, ten seconds later import -apply")
def _():
    records.update((path, record(theirs, path)) for path in paths)
    theirs.stop("praefect")
    time.sleep(10)
    return " ".join(command(ours, "import", "-apply").split())


@part("the same again changes nothing")
def _():
    return " ".join(command(ours, "import", "-apply").split())


@part("all records are as they were")
def _():
    wrong = [path for path in paths if record(ours, path) != records[path]]
    assert not wrong, "%s\n%s\n%s" % (wrong[0], records[wrong[0]], record(ours, wrong[0]))


@part("check and dataloss, with a node down as before")
def _():
    command(ours, "check", code=1)
    out = command(ours, "dataloss", "-partially-unavailable")
    assert paths[2] in out and "gitaly-3 is behind by 1 change or less" in out, out


@part("the node is back: what was behind is repaired, check passes")
def _():
    theirs.up("node", "3")
    for path in paths:
        here_too.settle(path)
    command(ours, "check")
    same_everywhere(here_too, paths[2])


@part("reads and writes; one created, one removed")
def _():
    for path in paths[:4]:
        heads[path] = here_too.commit(path, "here")
        here_too.settle(path)
    here_too.create("moving/new.git")
    heads["moving/new.git"] = here_too.commit("moving/new.git", "here")
    here_too.settle("moving/new.git")
    here_too.remove(paths[7])
    for path in [paths[0], paths[2], paths[3], "moving/new.git"]:
        assert same_everywhere(here_too, path)["main"] == heads[path]


kept = {}


@part("back: what metadata says before the stop, then ours is stopped and Praefect started")
def _():
    for path in [*paths[:4], "moving/new.git"]:
        found = here_too.metadata(path)
        generation = max(replica.generation for replica in found.replicas)
        kept[path] = next(replica.storage for replica in found.replicas if replica.generation == generation), found.replica_path, found.repository_id
    ours.stop("gateway")
    theirs.up("praefect")


@part("back 1: verify")
def _():
    return command(theirs, "verify", "-virtual-storage", "default").strip()


@part("back 2: accept-dataloss for what was written to")
def _():
    for path in paths[:4]:
        command(theirs, "accept-dataloss", "-virtual-storage", "default", "-relative-path", path, "-authoritative-storage", kept[path][0])


@part("back 3: the new one is untracked, and tracked; the removed one is forgotten; the sequence is raised")
def _():
    new, replica, number = kept["moving/new.git"]
    listed = command(theirs, "list-untracked-repositories", "-older-than", "0s")
    assert json.dumps(replica)[1:-1] in listed, listed
    path = theirs.work + "/etc/list"
    open(path, "w").write(json.dumps({"relative_path": "moving/new.git", "replica_path": replica, "virtual_storage": "default", "authoritative_storage": new}) + "\n")
    command(theirs, "track-repositories", "-input-path", path)
    command(theirs, "remove-repository", "-virtual-storage", "default", "-relative-path", paths[7], "-apply", "-db-only")
    sql("select setval('repositories_repository_id_seq', %d)" % max(number for _, _, number in kept.values()))


@part("back: everything written here is served by Praefect, equal on all nodes, and writable")
def _():
    for path, head in heads.items():
        before.settle(path)
        assert before.commits(path)["main"] == head, path
        heads[path] = before.commit(path, "after")
        before.settle(path)
    before.create("moving/after.git")
    for path in [paths[0], paths[2], paths[3], "moving/new.git"]:
        assert same_everywhere(before, path)["main"] == heads[path]
    command(theirs, "dataloss", "-partially-unavailable")


theirs.script("stop gateway")
theirs.down()
sys.exit(1 if failed else 0)
