#!/usr/bin/env bash
# Builds and starts a Git storage cluster on this machine: three storage nodes and a gateway, or with --cluster three gateway silos on a Postgres of their own.
# ./run.sh --help says what can be chosen.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/eng/environment.sh"

arguments=()
data=
cluster=
while [ $# -gt 0 ]; do
    case $1 in
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
if [ -n "$cluster" ] && ! postgres_installed; then
    { may_install && install postgresql; } || fail "a cluster needs Postgres: install its server (Debian and Ubuntu: sudo apt-get install postgresql)"
fi

# The same sources, build files and SDK as at the last build: nothing to build. Anything else: the compiler decides.
stamp="$root/artifacts/run.stamp"
program="$root/artifacts/bin/Praefect.Trial/release/trial.dll"
current=$(fingerprint src sql Directory.Build.props Directory.Build.targets Directory.Packages.props global.json .editorconfig)
if [ ! -f "$program" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$current" ]; then
    say "building (the first time takes a minute or two)"
    rm -f "$stamp"
    mkdir -p "$root/artifacts"
    log="$root/artifacts/build.log"
    dotnet build "$root/src/Trial" -c Release -v q --nologo >"$log" 2>&1 </dev/null || {
        grep -E 'error|warning' "$log" | sort -u | head -20 >&2
        fail "the build failed: all of its output is in $log"
    }
    printf '%s\n' "$current" >"$stamp"
fi

exec dotnet "$program" --source "$root" "${arguments[@]}"
