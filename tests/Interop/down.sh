#!/bin/bash
# down.sh [-wipe]: stops what up.sh started, by recorded pid; -wipe removes the folder with its data too.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
for name in gateway gitaly-1 gitaly-2 gitaly-3 fakegitlab; do stop $name; done
[ "$1" != -wipe ] || rm -rf "$WORK"
