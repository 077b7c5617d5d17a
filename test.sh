#!/usr/bin/env bash
# Builds and runs all tests; the last line is "N passed, N failed, N skipped".
#   --filter EXPRESSION      only these tests, as dotnet test --filter
#   --projects "NAME NAME"   only these projects of the folder tests
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/eng/environment.sh"

filter=
projects=
while [ $# -gt 0 ]; do
    case $1 in
        --filter | --projects) [ $# -ge 2 ] || fail "$1 needs a value" ;;
        *) fail "unknown option $1: there are --filter EXPRESSION and --projects \"NAME NAME\"" ;;
    esac
    case $1 in
        --filter) filter=$2 ;;
        --projects) projects=$2 ;;
    esac
    shift 2
done

need_dotnet
need_git
if ! postgres_installed; then
    # Tests against Postgres start a server of their own; without its binaries they are skipped.
    { may_install && install postgresql; } || say "Postgres is not installed: tests that need it are skipped (Debian and Ubuntu: sudo apt-get install postgresql)"
fi
[ -n "$projects" ] || projects=$(cd "$root/tests" && ls -d *.Tests)

say "building"
mkdir -p "$root/artifacts"
by_project="$root/artifacts/test-results.txt"
rm -f "$by_project"
log="$root/artifacts/test-build.log"
if ! dotnet build "$root/Praefect.Orleans.sln" -c Release -v q --nologo >"$log" 2>&1 </dev/null; then
    grep -E 'error' "$log" | sort -u | head -20 >&2
    say "the build failed: all of its output is in $log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export root filter results

run_project() {
    local project=$1 status
    timeout "${TEST_PROJECT_SECONDS:-900}" dotnet test "$root/tests/$project" --no-build -c Release --nologo \
        --results-directory "$results" --logger "trx;LogFileName=$project.trx" ${filter:+--filter "$filter"} \
        >"$results/$project.log" 2>&1 </dev/null
    status=$?
    echo "$status" >"$results/$project.status"
    if [ "$status" -ne 0 ]; then
        echo "--- $project failed (exit status $status)"
        grep -vE '^\s*$|Starting test execution|A total of' "$results/$project.log" | tail -n 80
    else
        echo "--- $project passed"
    fi >&2
}
export -f run_project

# Two at a time: tests start servers and databases, and a machine may have no more than two cores.
printf '%s\n' $projects | xargs -P 2 -I{} bash -c 'run_project {}'

passed=0 failed=0 skipped=0
for project in $projects; do
    status=$(cat "$results/$project.status" 2>/dev/null || echo 1)
    counters=$(grep -o '<Counters [^>]*' "$results/$project.trx" 2>/dev/null | head -1)
    count() { printf '%s' "$counters" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
    total=$(count total) ok=$(count passed) ran=$(count executed)
    bad=$((${ran:-0} - ${ok:-0}))
    # A project that ended badly without a failed test crashed or timed out.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    echo "$project: ${ok:-0} passed, $bad failed, $((${total:-0} - ${ran:-0})) skipped" >>"$by_project"
    passed=$((passed + ${ok:-0}))
    failed=$((failed + bad))
    skipped=$((skipped + ${total:-0} - ${ran:-0}))
done
if [ "$((passed + failed))" -eq 0 ]; then say "no test ran"; failed=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
