# Shared by run.sh, test.sh and .ci/run: what they need, and which grain runtime they build on. Sourced with $root set.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_UI_LANGUAGE=en
# No servers of the build are left behind.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

say() { printf '%s\n' "$*" >&2; }

fail() { say "$*"; exit 1; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# install PACKAGE...: Debian packages, quietly.
install() {
    say "installing $* with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    { timeout 300 apt-get update -qq && timeout 600 apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null 2>&1 </dev/null
}

need_dotnet() {
    if ! command -v dotnet >/dev/null 2>&1 && [ -x "$HOME/.dotnet/dotnet" ]; then
        export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"
    fi
    command -v dotnet >/dev/null 2>&1 \
        || fail "the .NET SDK 10 is missing: get it from https://dot.net/download, or run: curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
    local version
    # From the root folder, so that global.json does not hide which versions there are.
    version=$(cd / && dotnet --version 2>/dev/null) || version=0
    [ "${version%%.*}" -ge 10 ] \
        || fail "the .NET SDK is version $version, but 10 or newer is needed: get it from https://dot.net/download, or run: curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
}

need_git() {
    command -v git >/dev/null 2>&1 && return
    if may_install && install git ca-certificates; then return; fi
    fail "git is missing: install it (Debian and Ubuntu: sudo apt-get install git; Fedora: sudo dnf install git; macOS: xcode-select --install)"
}

postgres_installed() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

# The Orleans packages that Directory.Build.props looks for are in the NuGet cache.
orleans_cached() {
    local cache=${NUGET_PACKAGES:-$HOME/.nuget/packages} version package
    version=$(sed -n 's:.*<OrleansVersion>\(.*\)</OrleansVersion>.*:\1:p' "$root/Directory.Build.props")
    for package in server core runtime sdk serialization reminders persistence.adonet clustering.adonet reminders.adonet testinghost; do
        [ -d "$cache/microsoft.orleans.$package/$version" ] || return 1
    done
}

# choose_runtime [NAME]: sets $runtime to Orleans where its packages are here or can be had, to Embedded where not, and says which.
choose_runtime() {
    runtime=${1:-}
    local refused="$root/artifacts/orleans-does-not-restore"
    case $runtime in
        Orleans | Embedded)
            say "grain runtime: $runtime (asked for)"
            return
            ;;
        '') ;;
        *) fail "--runtime must be Orleans or Embedded, not $runtime" ;;
    esac
    if ! orleans_cached && [ -z "$(find "$refused" -mmin -1440 2>/dev/null)" ]; then
        say "looking for the Orleans packages"
        if ! timeout "${ORLEANS_RESTORE_SECONDS:-180}" dotnet restore "$root/Praefect.Orleans.sln" -p:GrainRuntime=Orleans -v q </dev/null >/dev/null 2>&1; then
            mkdir -p "$root/artifacts" && touch "$refused"
        fi
    fi
    if orleans_cached && [ -z "$(find "$refused" -mmin -1440 2>/dev/null)" ]; then
        runtime=Orleans
        say "grain runtime: Orleans (one process here; several make a cluster through Postgres)"
    else
        runtime=Embedded
        say "grain runtime: Embedded (the Orleans packages do not restore here: all grains live in one process, and there are no clusters)"
    fi
}

# fingerprint PATH...: changes whenever a file is added, removed or changed.
fingerprint() {
    (cd "$root" && find "$@" -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | LC_ALL=C sort -z | xargs -0 cksum; dotnet --version) | cksum
}

# cluster_suite: one line that says whether the cluster suite (real silos, gateways, nodes and Postgres as processes) ran in the last test.sh, and on what.
# Its tests skip themselves on the embedded runtime, and without Postgres.
cluster_suite() {
    local version counts
    version=$(sed -n 's:.*<OrleansVersion>\(.*\)</OrleansVersion>.*:\1:p' "$root/Directory.Build.props")
    counts=$(sed -n 's/^Cluster\.Tests: //p' "$root/artifacts/Orleans/test-results.txt" 2>/dev/null) || counts=
    if [ -f "$root/artifacts/orleans-does-not-restore" ] || ! orleans_cached; then
        echo "cluster suite: NOT RUN: the Orleans packages do not restore here, so the tests above ran on the embedded runtime, which has no clusters"
        return
    fi
    case $counts in
        '') echo "cluster suite: NOT RUN: the tests did not get that far" ;;
        *", 0 skipped") echo "cluster suite: ran on Microsoft Orleans $version and Postgres: $counts" ;;
        *) echo "cluster suite: NOT RUN as a whole: Microsoft Orleans $version is here, but Postgres is not installed: $counts" ;;
    esac
}
