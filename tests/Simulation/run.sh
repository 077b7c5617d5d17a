#!/usr/bin/env bash
# Runs the real grains in simulated disasters.
#   --seeds 10000 [--from 1] [--threads 2]   so many runs
#   --seed 4711 [--trace]                    one, with everything that happens in it
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/eng/environment.sh"
need_dotnet
project="$root/tests/Simulation/Praefect.Simulation.csproj"
dotnet build "$project" -c Release -p:GrainRuntime=Embedded -v q --nologo -clp:NoSummary >&2 </dev/null
exec dotnet "$root/artifacts/Embedded/bin/Praefect.Simulation/release/Praefect.Simulation.dll" "$@"
