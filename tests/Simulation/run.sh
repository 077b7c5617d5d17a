#!/usr/bin/env bash
# Runs the real grains in simulated disasters.
#   --seeds 10000 [--from 1] [--jobs 2] [--until-failure]   so many runs, shared by so many processes
#   --seed 4711 [--trace]                                   one, with everything that happens in it
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/eng/environment.sh"
need_dotnet
project="$root/tests/Simulation/Praefect.Simulation.csproj"
dotnet build "$project" -c Release -v q --nologo -clp:NoSummary >&2 </dev/null
program="$root/artifacts/bin/Praefect.Simulation/release/Praefect.Simulation.dll"

seeds= from=1 jobs=$(nproc) rest=()
while [ $# -gt 0 ]; do
    case $1 in
        --seeds) seeds=$2; shift 2 ;;
        --from) from=$2; shift 2 ;;
        --jobs) jobs=$2; shift 2 ;;
        *) rest+=("$1"); shift ;;
    esac
done
[ -n "$seeds" ] || exec dotnet "$program" "${rest[@]}"

# A process runs on one thread, so the seeds are shared by several.
pids=()
for ((job = 0; job < jobs; job++)); do
    first=$((from + seeds * job / jobs))
    next=$((from + seeds * (job + 1) / jobs))
    [ "$next" -gt "$first" ] || continue
    dotnet "$program" --seeds $((next - first)) --from "$first" "${rest[@]}" &
    pids+=($!)
done
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit "$status"
