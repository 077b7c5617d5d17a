#!/bin/bash
# run.sh [frames|grains|log|proxy …]: builds in Release and prints the figures of docs/benchmarks.md; without arguments all of these.
# run.sh gate fails when the gateway costs twice what it did, compared with the node behind it within one run.
# run.sh scale [--parts 1,3] [--repositories N] [--data FOLDER]: a million repositories in a Postgres of its own; --help has all options.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dotnet build "$here" -c Release -v quiet --nologo
dll=$(dotnet msbuild "$here" -getProperty:TargetPath -p:Configuration=Release)
if [ $# -gt 0 ]; then exec dotnet "$dll" "$@"; fi
for what in frames grains log proxy; do dotnet "$dll" "$what"; done
