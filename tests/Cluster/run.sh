#!/usr/bin/env bash
# The cluster suite: three gateway silos, three storage nodes and a Postgres as processes on this machine, under load, through joins, restarts and kills.
# Prints what the callers saw. Needs the Orleans packages, Postgres and git; takes six to seven minutes.
#   --split                three silos and two gateways apart instead of three gateway silos
#   --events "NAME NAME"   only these (see --help)
#   --postgres-minutes N   for how long stop-postgres stops it (20 s)
#   --linearizability      clients on a few references under faults in random order instead, and a check of everything that they saw:
#     --minutes N            for how long (5)
#     --seed N               the order of faults and calls
#     --single               one process with a SQLite file instead of a cluster
#     --twins                two clusters on the same records, so that every grain is active twice, instead of faults
#   --data FOLDER          keep everything there instead of in a folder that is deleted
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/eng/environment.sh"
need_dotnet
need_git
log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "building"
dotnet build "$root/tests/Cluster" -c Release -v q --nologo >"$log" 2>&1 </dev/null || { grep -E 'error' "$log" | sort -u | head -20 >&2; fail "the build failed"; }
# As on a server: compiled ahead, so that a start does not compile for as long as the faults last.
for program in Silo StorageNode; do
    dotnet publish "$root/src/$program" -c Release -v q --nologo >"$log" 2>&1 </dev/null || { grep -E 'error' "$log" | sort -u | head -20 >&2; fail "publishing failed"; }
done
PRAEFECT_PUBLISHED=1 dotnet "$root/artifacts/bin/Praefect.Cluster/release/cluster-suite.dll" "$@"
