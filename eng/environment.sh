# Shared by run.sh, test.sh and .ci/run: what they need. Sourced with $root set.

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

# fingerprint PATH...: changes whenever a file is added, removed or changed.
fingerprint() {
    (cd "$root" && find "$@" -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | LC_ALL=C sort -z | xargs -0 cksum; dotnet --version) | cksum
}

# cluster_suite: one line that says whether the cluster suite (real silos, gateways, nodes and Postgres as processes) ran in the last test.sh, and on what.
# Its tests skip themselves without Postgres.
cluster_suite() {
    local version counts
    version=$(sed -n 's:.*<OrleansVersion>\(.*\)</OrleansVersion>.*:\1:p' "$root/Directory.Packages.props")
    counts=$(sed -n 's/^Cluster\.Tests: //p' "$root/artifacts/test-results.txt" 2>/dev/null) || counts=
    case $counts in
        '') echo "cluster suite: NOT RUN: the tests did not get that far" ;;
        *", 0 skipped") echo "cluster suite: ran on Microsoft Orleans $version and Postgres: $counts" ;;
        *) echo "cluster suite: NOT RUN as a whole: Postgres is not installed: $counts" ;;
    esac
}
