#!/usr/bin/python3
"""table.py FILE: medians of what speed/run.sh measured, as a Markdown table: rates, times and CPU of each way to the nodes, and ours against the first gateway."""
import json, statistics, sys

runs, order = {}, []
for line in open(sys.argv[1]):
    run = json.loads(line)
    way, load = run["label"].split(" ", 1)
    if load not in order:
        order.append(load)
    runs.setdefault(load, {}).setdefault(way, []).append(run)


def median(of, value):
    return statistics.median(value(run) for run in of)


def cpu(run, whose):
    """Microseconds a call, or a megabyte where the load is measured in those."""
    each = (run.get("cpu_us_per_call") or {}).get(whose, 0)
    return each if not run.get("mb_per_s") else each * run["calls"] / (run["mb_per_s"] * run["seconds"])


print("| load | way | runs | rate | p50 | p99 | gateway CPU | Postgres CPU | errors |")
print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
for load in order:
    ways = runs[load]
    for way, of in ways.items():
        streams = bool(of[0].get("mb_per_s"))
        rate = "%.0f MB/s" % median(of, lambda r: r["mb_per_s"]) if streams else "%.0f/s" % median(of, lambda r: r["rps"])
        unit = "µs a MB" if streams else "µs a call"
        errors = sum(sum((r.get("errors") or {}).values()) for r in of)
        print("| %s | %s | %d | %s | %.0f µs | %.0f µs | %.0f %s | %.0f | %d |" % (
            load, way, len(of), rate, median(of, lambda r: r["p50_us"]), median(of, lambda r: r["p99_us"]),
            median(of, lambda r: cpu(r, "gateway")), unit, median(of, lambda r: cpu(r, "pg")), errors))

print()
print("| load | rate, times Praefect's | with PgBouncer | CPU, part of Praefect's | added to the direct call's mean | Praefect's |")
print("|---|--:|--:|--:|--:|--:|")
for load in order:
    ways = runs[load]
    if not {"direct", "praefect", "ours"} <= ways.keys():
        continue
    # Pair by pair: what the machine did meanwhile falls on both.
    pairs = list(zip(ways["praefect"], ways["ours"], ways["direct"]))
    pooled = [o["rps"] / p["rps"] for p, o in zip(ways.get("pooled", []), ways["ours"])]
    print("| %s | %.1f × | %s | 1/%.1f | %.0f µs | %.0f µs |" % (
        load,
        statistics.median(o["rps"] / p["rps"] for p, o, _ in pairs),
        "%.1f ×" % statistics.median(pooled) if pooled else "",
        statistics.median(cpu(p, "gateway") / max(cpu(o, "gateway"), 1e-9) for p, o, _ in pairs),
        statistics.median(o["mean_us"] - d["mean_us"] for _, o, d in pairs),
        statistics.median(p["mean_us"] - d["mean_us"] for p, _, d in pairs)))
