#!/usr/bin/python3
"""scrape.py: /metrics and /db_metrics of the real Praefect and of ours, after the same calls: names, types, labels and their values, buckets.
And the fields of the line that each of these calls leaves in the log. What may differ stands in metrics.tsv, by its reason in docs/metrics.md.
Needs what commands.py needs."""
import json, os, re, sys, urllib.request

here = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, here)
import grpc
from rpc import Calls
from comparison import Comparison
from side import STORAGES, Side, both

port, node_port = int(os.environ.get("PORT", "2395")), int(os.environ.get("NODE_PORT", "8110"))
SIDES = [Side("praefect", port, node_port), Side("gateway", port + 10, node_port + 10)]
comparison = Comparison(here + "/metrics.tsv")
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def life(side):
    """Reads, writes, a failed call, a wrong token, a node that falls behind and is repaired."""
    through = Calls(side.port)
    for i in (1, 2):
        path = "scrape/%d.git" % i
        through.create(path)
        through.commit(path, "one")
        through.settle(path)
        for _ in range(20):  # So many that each storage gets some.
            through.branches(path)
    through.exists("scrape/1.git")
    try:
        through.branches("scrape/nothing.git")
    except grpc.RpcError:
        pass
    try:
        through.exists("scrape/1.git", [("authorization", "Bearer v2.0.1")])
    except grpc.RpcError:
        pass
    side.stop("gitaly-3")
    through.health("scrape/1.git", STORAGES[:2])
    through.commit("scrape/1.git", "two")
    side.up("node", "3")
    through.settle("scrape/1.git")
    through.remove("scrape/2.git")


def scrape(side, path):
    """Per family: type, and the sets of labels with the values that mean the same on both; buckets of histograms."""
    text = urllib.request.urlopen("http://127.0.0.1:%d%s" % (side.port + 2, path), timeout=20).read().decode()
    types, families = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
            families.setdefault(name, {"labels": {}, "buckets": set()})
        elif not line.startswith("#") and line:
            name, labels, _ = SAMPLE.match(line).groups()
            family = next((name[:-len(end)] for end in ("_bucket", "_sum", "_count") if name.endswith(end) and types.get(name[:-len(end)]) in ("histogram", "summary")), name)
            entry = families.setdefault(family, {"labels": {}, "buckets": set()})
            for key, value in LABEL.findall(labels or ""):
                if key == "le":
                    entry["buckets"].add(float(value))
                else:
                    entry["labels"].setdefault(key, set()).add(value)
    return types, families


# Which calls a gateway makes to its nodes is its own affair; how they are counted is not. And what came after 16.11.
OWN_AFFAIR = re.compile(r"grpc_client_")
LATER = {"ServerSignature", "grpc.reflection.v1.ServerReflection"}
# Fields of log lines that one of the two has: docs/differences.md.
THEIRS = {"pid", "error_metadata", "error_metadata.relative_path", "error_metadata.storage_name", "route.additional_replica_path", "route.primary.Connection",
          "route.primary.Storage", "route.repository_id"}
OURS = {"connection_id", "request_id", "request_path", "peer.address"}


def shown(types, families, name):
    if name not in families:
        return "absent"
    family = families[name]
    lines = ["type %s" % types.get(name, "none")]
    for key, values in sorted(family["labels"].items()):
        lines.append("label %s = %s" % (key, "..." if OWN_AFFAIR.match(name) else " ".join(sorted(values - LATER))))
    if family["buckets"]:
        lines.append("buckets %s" % " ".join("%g" % limit for limit in sorted(family["buckets"])))
    return "\n".join(lines)


def fields(value, prefix=""):
    for key, inner in value.items():
        yield prefix + key
        if isinstance(inner, dict):
            yield from fields(inner, prefix + key + ".")


def lines(side):
    """What each method's line with the code that it ended with has of fields, and its level and words."""
    found = {}
    for line in open("%s/log/%s.log" % (side.work, side.name), errors="replace"):
        if line.startswith("{") and '"finished ' in line:
            entry = json.loads(line)
            shown = ["level %s" % entry["level"], entry["msg"]] + sorted(set(fields(entry)) - THEIRS - OURS)
            found.setdefault("%s %s" % (entry["grpc.method"], entry["grpc.code"]), "\n".join(shown))
    return found


def main():
    try:
        both(SIDES, lambda side: side.up("nodes", side.name))
        both(SIDES, life)
        theirs, ours = both(SIDES, lines)
        for name in sorted(set(theirs) | set(ours)):
            comparison.step("log %s" % name, theirs.get(name, "absent"), ours.get(name, "absent"))
        for path in ("/metrics", "/db_metrics"):
            theirs, ours = both(SIDES, lambda side: scrape(side, path))
            # Our own names and the frameworks' are ours; only what has a name of Praefect's, or is there, can differ from it.
            names = set(theirs[1]) | {name for name in ours[1] if name.startswith(("gitaly_", "grpc_", "gitlab_", "go_", "process_", "promhttp_"))}
            for name in sorted(names):
                comparison.step("%s %s" % (path, name), shown(*theirs, name), shown(*ours, name))
    finally:
        both(SIDES, Side.down)
    return comparison.finish()


sys.exit(main())
