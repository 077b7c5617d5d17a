#!/usr/bin/python3
"""commands.py: every sub-command of praefect, with good and bad arguments, on two live clusters in the same state: the real Praefect's and ours.
Exit code, standard output and standard error of each step are compared; what may differ stands in differences.tsv, by its reason in docs/differences.md.
Needs what run.sh sets: WORK, PEERS, PROTO, PRAEFECT, PORT, NODE_PORT."""
import os, re, shutil, socket, sys, threading, time

here = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, here)
import configurations
from side import STORAGES, Side, until
from steps import SIDES, by_entry, by_kind, by_node, comparison, file, fresh, gateway, node, on_both, step


def none(side):
    return ""


def arguments():
    step("version", "-version", config=none)
    step("version, two dashes", "--version", config=none)
    for word in ("-help", "--help", "-h"):
        step("help by %s" % word, word, config=none)
    step("no configuration", config=none)
    step("unknown sub-command", "nonsense")
    step("unknown global flag", "-nonsense")
    step("configuration without a sub-command", "configuration", config=none)
    for command in ("accept-dataloss", "check", "dataloss", "dial-nodes", "list-storages", "list-untracked-repositories", "metadata", "remove-repository",
                    "set-replication-factor", "sql-migrate", "sql-migrate-status", "sql-ping", "track-repositories", "track-repository", "verify"):
        step("%s: help" % command, command, "-help")
        step("%s: unknown flag" % command, command, "-nonsense")
        step("%s: superfluous argument" % command, command, "more")
        step("%s: no configuration" % command, command, config=none)
        step("%s: configuration that is not there" % command, command, config=lambda side: "/nowhere/CONFIG")
    step("sql-migrate-down: no configuration", "sql-migrate-down", "1", config=none)
    step("sql-migrate-down: unknown flag", "sql-migrate-down", "-nonsense", "1")
    step("flags with two dashes and =", "list-storages", "--virtual-storage=default")


def configuration():
    for name, text in configurations.cases():
        def path(side):
            """The file; for a config_command its script beside it."""
            body = text
            if text.startswith("#!"):
                script = file("command.sh", "#!/bin/sh\n%s\n" % text[2:])(side)
                os.chmod(script, 0o755)
                body = 'config_command = "%s"\n%s' % (script, configurations.GOOD)
            return file("case.toml", body)(side)
        step("start: %s" % name, "list-storages", config=path, first=True)
        if not name.startswith("config_command"):
            step("configuration validate: %s" % name, "configuration", "validate", stdin=text, config=none)
    step("configuration validate: superfluous argument", "configuration", "validate", "more", config=none)


def database():
    bin = "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)"
    on_both(lambda side: side.script('"%s/psql" -h 127.0.0.1 -p %d -U postgres -qc "create database fresh"' % (bin, side.port + 5)))
    elsewhere = lambda **changes: lambda side: side.variant("elsewhere", lambda text: __import__("functools").reduce(
        lambda t, pair: re.sub(r"(?m)^%s = .*$" % pair[0], "%s = %s" % pair, t), changes.items(), text))
    step("sql-ping", "sql-ping")
    step("sql-ping: nobody listens", "sql-ping", config=elsewhere(port="1"))
    step("sql-ping: no such database", "sql-ping", config=elsewhere(dbname='"nothing"'))
    step("sql-ping: no such user", "sql-ping", config=elsewhere(user='"nobody"'))
    step("check: before migrations", "check", config=fresh, view=by_node)
    step("sql-migrate-status: before", "sql-migrate-status", config=fresh, view=by_kind)
    step("sql-migrate: first", "sql-migrate", config=fresh, view=by_kind)
    step("sql-migrate: again", "sql-migrate", config=fresh, view=by_kind)
    step("sql-migrate: -verbose", "sql-migrate", "-verbose", config=fresh, view=by_kind)
    step("sql-migrate: -ignore-unknown=false", "sql-migrate", "-ignore-unknown=false", config=fresh, view=by_kind)
    step("sql-migrate: nobody listens", "sql-migrate", config=elsewhere(port="1"))
    step("sql-migrate-status: after", "sql-migrate-status", config=fresh, view=by_kind)
    for words in ((), ("0",), ("-1",), ("x",), ("1", "2"), ("1",), ("10000",), ("-f", "1")):
        step("sql-migrate-down: %s" % (" ".join(words) or "nothing"), "sql-migrate-down", *words, config=fresh, view=by_kind)
    step("sql-migrate-status: after one down", "sql-migrate-status", config=fresh, view=by_kind)
    step("sql-migrate: after one down", "sql-migrate", config=fresh, view=by_kind)


def healthy():
    step("list-storages", "list-storages")
    step("list-storages: one", "list-storages", "-virtual-storage", "default")
    step("list-storages: unknown", "list-storages", "-virtual-storage", "nothing")
    step("dial-nodes", "dial-nodes", view=by_node)
    step("dial-nodes: -timeout", "dial-nodes", "-timeout", "5s", view=by_node)
    step("dial-nodes: -timeout of no time", "dial-nodes", "-timeout", "x")
    step("dial-nodes: node with another token", "dial-nodes", view=by_node,
         config=lambda side: side.variant("token", lambda text: text.replace('token = "secret"', 'token = "other"')))
    step("dial-nodes: storage that the node does not have", "dial-nodes", view=by_node,
         config=lambda side: side.variant("storage", lambda text: text.replace('storage = "gitaly-2"', 'storage = "gitaly-x"')))
    step("check", "check", view=by_node)
    step("check: -q", "check", "-q", view=by_node)
    step("dataloss: nothing recorded", "dataloss")
    step("dataloss: -partially-unavailable", "dataloss", "-partially-unavailable")
    step("dataloss: one virtual storage", "dataloss", "-virtual-storage", "default")
    step("dataloss: unknown virtual storage", "dataloss", "-virtual-storage", "nothing")
    step("metadata: nothing", "metadata")
    step("metadata: id that is not there", "metadata", "-repository-id", "4711")
    step("metadata: path that is not there", "metadata", "-virtual-storage", "default", "-relative-path", "nothing.git")
    step("metadata: unknown virtual storage", "metadata", "-virtual-storage", "nothing", "-relative-path", "nothing.git")
    step("metadata: only a virtual storage", "metadata", "-virtual-storage", "default")
    step("metadata: only a path", "metadata", "-relative-path", "nothing.git")
    step("metadata: id and path", "metadata", "-repository-id", "1", "-virtual-storage", "default", "-relative-path", "nothing.git")
    step("metadata: id that is no number", "metadata", "-repository-id", "x")
    step("list-untracked-repositories: none", "list-untracked-repositories", "-older-than", "0s")
    step("list-untracked-repositories: -older-than of no time", "list-untracked-repositories", "-older-than", "x")


def tracking():
    def prepare(side):
        for name in ("one", "two", "three", "four"):
            node(side, 1).create("disk/%s.git" % name)
        node(side, 1).commit("disk/one.git", "file")
    on_both(prepare)
    where = ("-virtual-storage", "default", "-relative-path", "p/one.git", "-replica-path", "disk/one.git", "-authoritative-storage", "gitaly-1")
    step("list-untracked-repositories", "list-untracked-repositories", "-older-than", "0s", view=by_entry)
    step("list-untracked-repositories: too young", "list-untracked-repositories")
    step("list-untracked-repositories: -delimiter", "list-untracked-repositories", "-older-than", "0s", "-delimiter", "|", view=by_entry)
    for missing in range(0, 8, 2):
        step("track-repository: without %s" % where[missing], "track-repository", *(where[:missing] + where[missing + 2:]))
    changed = lambda flag, value: [value if i and where[i - 1] == flag else word for i, word in enumerate(where)]
    step("track-repository: unknown virtual storage", "track-repository", *changed("-virtual-storage", "nothing"))
    step("track-repository: unknown storage", "track-repository", *changed("-authoritative-storage", "nothing"))
    step("track-repository: not on the disk", "track-repository", *changed("-replica-path", "disk/nothing.git"))
    step("track-repository: not on that storage", "track-repository", *changed("-authoritative-storage", "gitaly-2"))
    step("track-repository", "track-repository", *where)
    on_both(lambda side: gateway(side).verified("p/one.git"))
    step("track-repository: again", "track-repository", *where)
    step("metadata: tracked", "metadata", "-virtual-storage", "default", "-relative-path", "p/one.git")
    step("metadata: by id", "metadata", "-repository-id", "1")
    step("track-repository: same replica path for another path", "track-repository", *changed("-relative-path", "p/other.git"))
    step("track-repository: -replicate-immediately", "track-repository", "-replicate-immediately",
         *[word.replace("one", "two") for word in where], view=by_entry)
    entry = '{"relative_path":"p/%s.git","replica_path":"disk/%s.git","virtual_storage":"%s","authoritative_storage":"%s"}\n'
    good = entry % ("three", "three", "default", "gitaly-1")
    step("track-repositories: nothing given", "track-repositories")
    step("track-repositories: no such file", "track-repositories", "-input-path", "/nowhere/list")
    for name, text in (("empty file", ""), ("no JSON", "nonsense\n"), ("no object", "[]\n"), ("missing keys", "{}\n"), ("empty keys", entry % ("", "", "", "")),
                       ("one key missing", '{"relative_path":"p/a.git","replica_path":"a.git","virtual_storage":"default"}\n'), ("an empty line", good + "\n"),
                       ("unknown virtual storage", entry % ("a", "three", "nothing", "gitaly-1")), ("unknown storage", entry % ("a", "three", "default", "nothing")),
                       ("not on the disk", entry % ("a", "a", "default", "gitaly-1")), ("tracked already", entry % ("one", "one", "default", "gitaly-1")),
                       ("twice", good + entry % ("four", "four", "default", "gitaly-1") + good), ("three mistakes", good + "x\n{}\n" + entry % ("a", "a", "default", "gitaly-1"))):
        step("track-repositories: %s" % name, "track-repositories", "-input-path", file("list", text))
    step("track-repositories", "track-repositories", "-input-path", file("list", good))
    step("track-repositories: -replicate-immediately", "track-repositories", "-replicate-immediately", "-input-path", file("list", good.replace("three", "four")), view=by_entry)
    on_both(lambda side: [gateway(side).settle("p/%s.git" % name) for name in ("three", "four")])
    step("list-untracked-repositories: all tracked", "list-untracked-repositories", "-older-than", "0s")


def records():
    where = ("-virtual-storage", "default", "-relative-path", "p/one.git")
    step("verify: nothing", "verify")
    step("verify: id", "verify", "-repository-id", "1")
    step("verify: id that is not there", "verify", "-repository-id", "4711")
    step("verify: virtual storage", "verify", "-virtual-storage", "default")
    step("verify: unknown virtual storage", "verify", "-virtual-storage", "nothing")
    step("verify: storage", "verify", "-virtual-storage", "default", "-storage", "gitaly-2")
    step("verify: unknown storage", "verify", "-virtual-storage", "default", "-storage", "nothing")
    step("verify: only a storage", "verify", "-storage", "gitaly-2")
    step("verify: id and virtual storage", "verify", "-repository-id", "1", "-virtual-storage", "default")
    step("verify: id and storage", "verify", "-repository-id", "1", "-storage", "gitaly-2")
    step("set-replication-factor: nothing given", "set-replication-factor")
    for factor in ("0", "-1", "4", "x", "3"):
        step("set-replication-factor: %s" % factor, "set-replication-factor", *where, "-replication-factor", factor)
    step("set-replication-factor: no such repository", "set-replication-factor", *where[:3], "nothing.git", "-replication-factor", "1")
    step("set-replication-factor: unknown virtual storage", "set-replication-factor", "-virtual-storage", "nothing", *where[2:], "-replication-factor", "1")
    step("metadata: with assignments", "metadata", *where)
    step("set-replication-factor: 1", "set-replication-factor", *where, "-replication-factor", "1")
    step("set-replication-factor: up to 3", "set-replication-factor", *where, "-replication-factor", "3")
    on_both(lambda side: gateway(side).settle("p/one.git"))
    step("accept-dataloss: nothing given", "accept-dataloss")
    step("accept-dataloss: no such repository", "accept-dataloss", *where[:3], "nothing.git", "-authoritative-storage", "gitaly-1")
    step("accept-dataloss: unknown storage", "accept-dataloss", *where, "-authoritative-storage", "nothing")
    step("accept-dataloss: unknown virtual storage", "accept-dataloss", "-virtual-storage", "nothing", *where[2:], "-authoritative-storage", "gitaly-1")
    step("accept-dataloss: nothing lost", "accept-dataloss", *where, "-authoritative-storage", "gitaly-1")
    on_both(lambda side: gateway(side).settle("p/one.git"))
    step("metadata: after accept-dataloss", "metadata", *where)
    step("remove-repository: nothing given", "remove-repository")
    step("remove-repository: no such repository", "remove-repository", *where[:3], "nothing.git")
    step("remove-repository: no such repository, -apply", "remove-repository", *where[:3], "nothing.git", "-apply")
    step("remove-repository: unknown virtual storage", "remove-repository", "-virtual-storage", "nothing", *where[2:])
    step("remove-repository: without -apply", "remove-repository", *where[:3], "p/two.git")
    step("remove-repository: -db-only without -apply", "remove-repository", *where[:3], "p/two.git", "-db-only")
    step("remove-repository: -apply", "remove-repository", *where[:3], "p/two.git", "-apply")
    step("remove-repository: -apply -db-only", "remove-repository", *where[:3], "p/three.git", "-apply", "-db-only")
    step("metadata: removed", "metadata", *where[:3], "p/two.git")
    step("list-untracked-repositories: what -db-only left", "list-untracked-repositories", "-older-than", "0s", view=by_entry)


def losses():
    where = ("-virtual-storage", "default", "-relative-path", "p/one.git")
    everything = lambda: (step("dataloss: %s" % state, "dataloss"), step("dataloss: %s, -partially-unavailable" % state, "dataloss", "-partially-unavailable"),
                          step("metadata: %s" % state, "metadata", *where), step("dial-nodes: %s" % state, "dial-nodes", "-timeout", "2s", view=by_node),
                          step("check: %s" % state, "check", view=by_node), step("check: %s, -q" % state, "check", "-q", view=by_node))
    state = "a node down"
    on_both(lambda side: (side.stop("gitaly-3"), gateway(side).health("p/one.git", STORAGES[:2])))
    everything()
    state = "a node behind"
    on_both(lambda side: gateway(side).commit("p/one.git", "second"))
    everything()
    state = "two nodes behind"
    on_both(lambda side: (side.stop("gitaly-2"), gateway(side).health("p/one.git", STORAGES[:1]), gateway(side).commit("p/one.git", "third")))
    everything()
    state = "unavailable"
    on_both(lambda side: (side.stop("gitaly-1"), side.up("node", "3"), gateway(side).health("p/one.git", STORAGES[2:])))
    everything()
    step("remove-repository: nodes down", "remove-repository", *where[:3], "p/four.git", "-apply")
    step("list-untracked-repositories: a node down", "list-untracked-repositories", "-older-than", "0s")
    step("accept-dataloss", "accept-dataloss", *where, "-authoritative-storage", "gitaly-3")
    state = "loss accepted"
    everything()
    state = "all nodes back"
    on_both(lambda side: (side.up("node", "1"), side.up("node", "2"), gateway(side).settle("p/one.git")))
    everything()


def replaced():
    """A node comes back with an empty disk: its replicas are verified, found missing, and made anew."""
    where = ("-virtual-storage", "default", "-relative-path", "p/one.git")

    def empty(side):
        side.stop("gitaly-2")
        shutil.rmtree(side.work + "/data/gitaly-2")
        side.up("node", "2")
        gateway(side).health("p/one.git", STORAGES)
    on_both(empty)
    step("verify: a node with an empty disk", "verify", "-virtual-storage", "default", "-storage", "gitaly-2")

    def copied(side):
        until(lambda: node(side, 2).exists("disk/one.git"), 120, "p/one.git is on the new disk")
        gateway(side).verified("p/one.git")
    on_both(copied)
    step("metadata: a node replaced", "metadata", *where)
    step("dataloss: a node replaced", "dataloss", "-partially-unavailable")


def nobody_there():
    on_both(lambda side: side.stop(side.name))
    where = ("-virtual-storage", "default", "-relative-path", "p/one.git")
    for name, words in (("accept-dataloss", where + ("-authoritative-storage", "gitaly-1")), ("dataloss", ()), ("metadata", where), ("verify", ("-repository-id", "1")),
                        ("set-replication-factor", where + ("-replication-factor", "2")), ("remove-repository", where + ("-apply",))):
        step("%s: praefect is stopped" % name, name, *words)
    step("check: praefect is stopped", "check", view=by_node)


def clock():
    """Answers for the check of the clock: an NTP server that is right, on the port that Praefect asks. Its address."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.9", 123))

    def answer():
        while True:
            request, caller = server.recvfrom(64)
            now = int((time.time() + 2208988800) * 2 ** 32).to_bytes(8, "big")
            server.sendto(b"\x24\x01\x06\xec" + bytes(8) + b"LOCL" + now + request[40:48] + now + now, caller)
    threading.Thread(target=answer, daemon=True).start()
    return server.getsockname()[0]


def main():
    address = clock()
    for side in SIDES:
        side.env["NTP_HOST"] = address
    try:
        on_both(lambda side: side.up("nodes", side.name))
        for part in (arguments, configuration, database, healthy, tracking, records, losses, replaced, nobody_there):
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part()
    finally:
        on_both(Side.down)
    return comparison.finish()


sys.exit(main())
