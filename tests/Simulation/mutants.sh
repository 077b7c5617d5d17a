#!/usr/bin/env bash
# Shows that mistakes in the rules are noticed: builds the grains once with all planted mistakes (src/Grains, Planted.Is), then puts one after the other in force
# and runs the simulation until a seed fails, and the grains' tests. The last line is "N of N mutants caught"; 0 is the exit status when all are.
#   [NAME...]          only these
#   SEEDS=200          how many seeds at most
#   QUICK=1            the tests only where no seed fails
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/eng/environment.sh"
need_dotnet
options=(-c Release -p:Mutants=true --nologo)
for project in Grains.Tests Simulation; do
    dotnet build "$root/tests/$project" "${options[@]}" -p:RunAnalyzers=false -v q -clp:NoSummary >&2 </dev/null || fail "the build with the mutants failed"
done

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(grep -rhoE 'Planted\.Is\("[^"]+"\)' "$root/src/Grains" | sed 's/.*"\(.*\)".*/\1/' | sort -u)
caught=0
for name in "${names[@]}"; do
    export MUTANT=$name
    seed=$(timeout 600 dotnet "$root/artifacts/mutants/bin/Praefect.Simulation/release/Praefect.Simulation.dll" --seeds "${SEEDS:-200}" --until-failure 2>&1 </dev/null | grep -m1 -E '^seed ')
    test= tests="tests not run"
    if [ -z "$seed" ] || [ -z "${QUICK:-}" ]; then
        test=$(timeout 600 dotnet test "$root/tests/Grains.Tests" --no-build "${options[@]}" 2>/dev/null </dev/null | grep -oE '^ +Failed [^ ]+' | awk '{ print $2 }')
        tests="$(wc -w <<<"$test") tests${test:+ ($(head -1 <<<"$test"))}"
    fi
    if [ -n "$test$seed" ]; then caught=$((caught + 1)); fi
    echo "$name: $tests; ${seed:-no seed}" | cut -c1-260
done
echo "$caught of ${#names[@]} mutants caught"
[ "$caught" -eq "${#names[@]}" ]
