#!/bin/bash
# down.sh [-wipe]: stops what up.sh started, by recorded pid; -wipe removes the folder with its data too.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
for name in gateway praefect gitaly-1 gitaly-2 gitaly-3 fakegitlab; do stop $name; done
if [ -f "$DATA/pg/postmaster.pid" ]; then
  (cd / && runuser -u postgres -- "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl" -D "$DATA/pg" -m fast -w stop > /dev/null)
fi
[ "$1" != -wipe ] || rm -rf "$WORK"
