#!/usr/bin/env bash
# Builds and starts a Git storage cluster on this machine: three storage nodes and a gateway, or with --cluster three gateway silos on a Postgres of their own.
# ./run.sh --help says what can be chosen.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/eng/environment.sh"

wanted=
arguments=()
data=
cluster=
while [ $# -gt 0 ]; do
    case $1 in
        --runtime)
            [ $# -ge 2 ] || fail "--runtime needs a value: Orleans or Embedded"
            wanted=$2
            shift
            ;;
        --data | --data=*)
            data=given
            arguments+=("$1")
            ;;
        --cluster)
            cluster=/cluster
            arguments+=("$1")
            ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
[ -n "$data" ] || arguments+=(--data "$root/data$cluster")

need_dotnet
need_git
choose_runtime "$wanted"
if [ -n "$cluster" ]; then
    [ "$runtime" = Orleans ] || fail "a cluster needs the Orleans packages; without --cluster everything runs in one process"
    if ! postgres_installed; then
        { may_install && install postgresql; } || fail "a cluster needs Postgres: install its server (Debian and Ubuntu: sudo apt-get install postgresql)"
    fi
fi

# The same sources, build files and SDK as at the last build: nothing to build. Anything else: the compiler decides.
stamp="$root/artifacts/$runtime/run.stamp"
program="$root/artifacts/$runtime/bin/Praefect.Trial/release/trial.dll"
current=$(fingerprint src Directory.Build.props Directory.Build.targets Directory.Packages.props global.json .editorconfig)
if [ ! -f "$program" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$current" ]; then
    say "building (the first time takes a minute or two)"
    rm -f "$stamp"
    mkdir -p "$root/artifacts/$runtime"
    log="$root/artifacts/$runtime/build.log"
    dotnet build "$root/src/Trial" -c Release -p:GrainRuntime="$runtime" -v q --nologo >"$log" 2>&1 </dev/null || {
        grep -E 'error|warning' "$log" | sort -u | head -20 >&2
        fail "the build failed: all of its output is in $log"
    }
    printf '%s\n' "$current" >"$stamp"
fi

exec dotnet "$program" --source "$root" "${arguments[@]}"
