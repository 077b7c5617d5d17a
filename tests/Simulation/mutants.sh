#!/usr/bin/env bash
# Shows that mistakes are noticed. Each patch of tests/Simulation/Mutants is a mutant: it breaks a rule, or takes out the fix of a bug of docs/track-record.md.
# Applies each to a copy of the sources, builds that, runs the simulation until a seed fails, and the grains' tests. A line names what caught the mutant; the last
# one is "N of N mutants caught", and 0 is the exit status when all are.
#   [NAME...]          only these
#   [--jobs N]         so many at a time
#   SEEDS=N            how many seeds at most; else what the patch says, or 200
#   QUICK=1            the tests only where no seed fails
# A patch begins with "Breaks:" and "Guarantee:". "Seeds:" says how many seeds it takes (0: no seed finds it), "Tests:" which tests catch it (a filter of dotnet test,
# or "none"; without the line all run).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/eng/environment.sh"
need_dotnet
need_git
# A mutant may leave code that is unused or not reached, so warnings are no errors.
build=(dotnet build -c Release -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -v q --nologo -clp:NoSummary)
simulator=artifacts/bin/Praefect.Simulation/release/Praefect.Simulation.dll
tests=artifacts/bin/Praefect.Grains.Tests/release/Praefect.Grains.Tests.dll
patches=$root/tests/Simulation/Mutants

jobs=1 names=()
while [ $# -gt 0 ]; do
    case $1 in
        --jobs) jobs=${2:-}; shift 2 || fail "--jobs takes a number" ;;
        *) names+=("$1"); shift ;;
    esac
done
[[ $jobs =~ ^[1-9][0-9]*$ ]] || fail "--jobs takes a number from 1, not \"$jobs\""
known=$(cd "$patches" && ls -- *.patch | sed 's/\.patch$//')
for name in "${names[@]}"; do
    grep -qxF -e "$name" <<<"$known" || fail "there is no mutant \"$name\" in tests/Simulation/Mutants; there are:"$'\n'"$known"
done
[ ${#names[@]} -gt 0 ] || mapfile -t names <<<"$known"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# build_copy COPY [OPTION...]: the simulator and the grains' tests, of which only what has changed is compiled.
build_copy() {
    local copy=$1 project
    shift
    for project in Simulation Grains.Tests; do
        "${build[@]}" "$copy/tests/$project" "$@" 2>&1 </dev/null || return
    done
}

# simulate COPY ARGUMENT...: the first seed that it names, and what is wrong with it.
simulate() {
    local copy=$1
    shift
    dotnet "$copy/$simulator" "$@" 2>&1 </dev/null | grep -m1 -E '^seed [0-9]+(:| hangs:)'
}

# failing_tests COPY [FILTER]: one a line.
failing_tests() {
    dotnet test "$1/$tests" --nologo ${2:+--filter "$2"} -- RunConfiguration.TestSessionTimeout=1200000 2>&1 </dev/null | sed -n 's/^ *Failed \([A-Za-z0-9_.]*\).*/\1/p' | sort -u
}

# header NAME FIELD: what the patch says of itself.
header() { sed -n "/^diff /q; s/^$2: //p" "$patches/$1.patch"; }

# attempt NAME: the seed and the test that caught it, as two columns; or why it was not caught.
attempt() {
    local copy=$work/$1 seeds filter said seed='' failing='' test=''
    cp -a "$work/base" "$copy"
    if ! said=$(cd "$copy" && git apply "$patches/$1.patch" 2>&1); then
        echo "NOT CAUGHT: the patch does not apply: $(head -1 <<<"$said") |"
        return 1
    fi
    if ! said=$(build_copy "$copy" --no-restore -m:1); then
        echo "NOT CAUGHT: the patch does not build: $(grep -m1 -o 'error .*' <<<"$said") |"
        return 1
    fi
    seeds=${SEEDS:-$(header "$1" Seeds)} filter=$(header "$1" Tests)
    if [ "${seeds:=200}" -gt 0 ]; then seed=$(simulate "$copy" --seeds "$seeds" --until-failure); fi
    if [ "$filter" != none ] && { [ -z "$seed" ] || [ -z "${QUICK:-}" ]; }; then failing=$(failing_tests "$copy" "$filter"); fi
    rm -rf "$copy"
    seed=${seed#seed }
    # What fails without the mutant, too, has not noticed it.
    if [ -n "$seed" ] && [[ $(simulate "$work/base" --seed "${seed%%[!0-9]*}") != *": nothing wrong "* ]]; then
        echo "NOT CAUGHT: seed ${seed%%[!0-9]*} fails without the patch, too |"
        return 1
    fi
    if [ -n "$failing" ]; then
        test=$(head -1 <<<"$failing")
        if [ -n "$(failing_tests "$work/base" "FullyQualifiedName~$test")" ]; then
            echo "NOT CAUGHT | $test fails without the patch, too"
            return 1
        fi
        test="${test#Praefect.Grains.Tests.}$([ "$(wc -l <<<"$failing")" -eq 1 ] || echo " and $(($(wc -l <<<"$failing") - 1)) more")"
    fi
    [ -n "$seed$test" ] || seed="NOT CAUGHT: no seed of $seeds"
    echo "$(tr '|\r' '/ ' <<<"${seed:-none of $seeds}" | cut -c1-160) | ${test:-none}"
    [ -n "$failing" ] || [[ $seed != NOT* ]]
}

say "copying the sources and building the simulator and the grains' tests"
mkdir "$work/base"
tar -C "$root" --exclude=./.git --exclude=./artifacts --exclude=./data -cf - . | tar -C "$work/base" -xf - || fail "the sources could not be copied"
said=$(build_copy "$work/base") || fail "the build of the unpatched sources failed:"$'\n'"$said"

# Each in a process group of its own, so that all that it started ends with this script.
set -m
trap 'for group in $(jobs -p); do kill -- "-$group"; done 2>/dev/null; rm -rf "$work"' EXIT
printf '| mutant | seed | test |\n|---|---|---|\n'
for name in "${names[@]}"; do
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do wait -n; done
    { columns=$(attempt "$name") && touch "$work/$name.caught"; echo "| $name | $columns |"; } &
done
wait
caught=$(find "$work" -maxdepth 1 -name '*.caught' | wc -l)
echo "$caught of ${#names[@]} mutants caught"
[ "$caught" -eq "${#names[@]}" ]
