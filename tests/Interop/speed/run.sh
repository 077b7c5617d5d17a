#!/bin/bash
# speed/run.sh [CALLS|failover]...: what a call costs through the real Praefect and through ours, in turns, in front of the same three nodes without git.
#   CALLS     OPERATION:CALLERS, one of gload's operations (default: the rows of docs/benchmarks.md)
#   failover  kill -9 of the primary's node under reads and writes of one repository, first behind Praefect, then behind ours
# REPETITIONS (3), SECONDS_EACH (6): medians are printed as a Markdown table, CPU time of the gateway's process beside the rates.
# PGBOUNCER="COMMAND" adds the real Praefect with a PgBouncer in front of its database, as GitLab recommends: COMMAND FILE runs one.
# PGBOUNCER_ROOT is the root that it sees, where that is another (PGBOUNCER="chroot --userspec=nobody $PEERS/chroot /usr/sbin/pgbouncer" PGBOUNCER_ROOT=$PEERS/chroot).
# MORE="LABEL=ADDRESS=PID …" adds gateways that run already. RESULTS: where the measurements are kept, one line of JSON each.
# Both keep their records in one Postgres. Times of different runs must not be compared: machines drift.
set -e
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
HERE=$ROOT/tests/Interop/speed
RESULTS=${RESULTS:-$WORK/speed.jsonl}
PGPORT=$(( PORT + 5 )) PG=$DATA/pg-speed
OURS=$(( PORT + 20 )) POOLED=$(( PORT + 40 )) POOLER=$(( PORT + 7 ))
postgres=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
[ $# -gt 0 ] || set -- refexists:1 refexists:32 reposize:1 writeref:1 writeref:32 getblob:1 getblob:8 sidechannel:1 sidechannel:8 failover

as_postgres() { (cd / && if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi); }

database_up() {
  mkdir -p "$PG"; chmod a+x "$WORK" "$DATA"
  [ "$(id -u)" != 0 ] || chown postgres "$PG"
  as_postgres "$postgres/initdb" -D "$PG" -U postgres -A trust -E UTF8 --locale=C.UTF-8 > "$LOG/initdb.log" 2>&1
  as_postgres "$postgres/pg_ctl" -D "$PG" -w -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300" -l /dev/null start > /dev/null
  for name in praefect ours pooled; do "$postgres/psql" -h 127.0.0.1 -p "$PGPORT" -U postgres -qc "create database $name"; done
}

configuration() { # configuration DATABASE PORT [PORT OF THE POOLER]
  cat <<CONF
listen_addr = "127.0.0.1:$2"
prometheus_listen_addr = "127.0.0.1:$(( $2 + 1 ))"
[logging]
format = "json"
level = "info"
[auth]
token = "$TOKEN"
[database]
host = "127.0.0.1"
port = ${3:-$PGPORT}
user = "postgres"
dbname = "$1"
sslmode = "disable"
[database.session_pooled]
host = "127.0.0.1"
port = $PGPORT
[[virtual_storage]]
name = "default"
CONF
  for i in 1 2 3; do
    printf '[[virtual_storage.node]]\nstorage = "gitaly-%s"\naddress = "tcp://127.0.0.1:%s"\ntoken = "%s"\n' "$i" "$(( NODE_PORT + i ))" "$TOKEN"
  done
}

pooler_up() { # a second Praefect for the same nodes, with records of its own
  local file=/tmp/praefect-speed-pgbouncer.ini pid
  cat > "$PGBOUNCER_ROOT$file" <<CONF
[databases]
* = host=127.0.0.1 port=$PGPORT user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $POOLER
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 1000
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
CONF
  start pgbouncer $PGBOUNCER "$file"; wait_port "$POOLER" 10
  # COMMAND may have become another program, and what is recorded is what is stopped.
  pid=$(pid_of pgbouncer); echo "$pid $(readlink "/proc/$pid/exe")" > "$RUN/pgbouncer.pid"
  configuration pooled "$POOLED" > "$ETC/pooled.toml"
  "$PEERS/bin/praefect" -config "$ETC/pooled.toml" sql-migrate >> "$LOG/migrate.log" 2>&1
  configuration pooled "$POOLED" "$POOLER" > "$ETC/pooled.toml"
  start pooled "$PEERS/bin/praefect" -config "$ETC/pooled.toml"
  wait_port "$POOLED" 30
  load "$POOLED" -op setup > /dev/null
}

node() { start "fake-$1" "$PEERS/bin/fakegitaly" -addr "127.0.0.1:$(( NODE_PORT + $1 ))" -storage "gitaly-$1" -token "$TOKEN"; wait_port "$(( NODE_PORT + $1 ))" 30; }

up() {
  database_up
  for i in 1 2 3; do node $i; done
  configuration praefect "$PORT" > "$ETC/praefect.toml"
  configuration ours "$OURS" > "$ETC/ours.toml"
  "$PEERS/bin/praefect" -config "$ETC/praefect.toml" sql-migrate > "$LOG/migrate.log" 2>&1
  dotnet "$PRAEFECT" -config "$ETC/ours.toml" sql-migrate >> "$LOG/migrate.log" 2>&1
  start praefect "$PEERS/bin/praefect" -config "$ETC/praefect.toml"
  start ours dotnet "$PRAEFECT" -config "$ETC/ours.toml"
  wait_port "$PORT" 30; wait_port "$OURS" 30
  for port in "$PORT" "$OURS"; do load "$port" -op setup > /dev/null; done
  [ -z "$PGBOUNCER" ] || pooler_up
}

down() {
  for name in ours praefect pooled pgbouncer fake-1 fake-2 fake-3; do stop $name; done
  [ ! -f "$PG/postmaster.pid" ] || as_postgres "$postgres/pg_ctl" -D "$PG" -m fast -w stop > /dev/null
  rm -rf "$PG"
}

load() { # load PORT ARGUMENT...
  local port=$1; shift
  "$PEERS/bin/gload" -addr "tcp://127.0.0.1:$port" -token "$TOKEN" -repos 16 -prefix bench/r "$@"
}

warm_up() { # the first thousands of calls of our process compile it
  for operation in refexists reposize writeref getblob sidechannel; do
    for port in "$PORT" "$OURS"; do load "$port" -op $operation -c 8 -d "${WARM_UP:-8}s" > /dev/null; done
  done
}

measure() { # measure OPERATION:CALLERS
  local operation=${1%:*} callers=${1#*:} common label address pid
  common=(-op "$operation" -c "$callers" -d "${SECONDS_EACH:-6}s" -warmup 1s -json)
  load "$(( NODE_PORT + 1 ))" "${common[@]}" -storage gitaly-1 -label "direct $1" >> "$RESULTS"
  for gateway in "praefect=tcp://127.0.0.1:$PORT=$(pid_of praefect)" ${PGBOUNCER:+"pooled=tcp://127.0.0.1:$POOLED=$(pid_of pooled)"} $MORE "ours=tcp://127.0.0.1:$OURS=$(pid_of ours)"; do
    IFS='=' read -r label address pid <<< "$gateway"
    load "${address##*:}" "${common[@]}" -label "$label $1" -cpu "gateway=$pid,pg=tree:$(head -1 "$PG/postmaster.pid")" >> "$RESULTS"
  done
}

primary_of() { # primary_of praefect|ours: the number of the node that leads bench/r0.git
  local command=("$PEERS/bin/praefect")
  [ "$1" = praefect ] || command=(dotnet "$PRAEFECT")
  "${command[@]}" -config "$ETC/$1.toml" metadata -virtual-storage default -relative-path bench/r0.git | sed -n 's/^Primary: .*gitaly-\([0-9]\).*/\1/p' | head -1
}

failover() { # failover praefect|ours PORT
  local what number common=(-repo-list bench/r0.git -c 2 -d 35s -warmup 1s -gap -timeout 10s)
  number=$(primary_of "$1")
  [ -n "$number" ] || { echo "$1 names no primary" >&2; return 1; }
  load "$2" -op writeref -fixed-ref "${common[@]}" -label "$1 writes" > "$LOG/failover-$1-writes.txt" 2>&1 &
  local writes=$!
  load "$2" -op refexists "${common[@]}" -label "$1 reads" > "$LOG/failover-$1-reads.txt" 2>&1 &
  local reads=$!
  sleep 6; stop "fake-$number" KILL
  sleep 15; node "$number" > /dev/null
  wait $writes $reads
  for what in writes reads; do cat "$LOG/failover-$1-$what.txt"; done
}

trap down EXIT
rm -rf "$PG"; mkdir -p "$WORK"; up > /dev/null
: > "$RESULTS"
calls=(); fail_over=
for each in "$@"; do [ "$each" = failover ] && fail_over=1 || calls+=("$each"); done
if [ ${#calls[@]} -gt 0 ]; then
  warm_up
  for repetition in $(seq "${REPETITIONS:-3}"); do for each in "${calls[@]}"; do measure "$each"; done; done
  /usr/bin/python3 "$HERE/table.py" "$RESULTS"
fi
if [ -n "$fail_over" ]; then
  for round in $(seq "${ROUNDS:-1}"); do
    failover praefect "$PORT"
    failover ours "$OURS"
  done
fi
