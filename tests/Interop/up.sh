#!/bin/bash
# up.sh [node 1|2|3] [nodes] [gateway] [praefect]   (default: nodes gateway)
# Real Gitaly nodes with disks of their own, and our gateway, or the real Praefect with a Postgres of its own, in front of them.
# NODES=tcp|tls|unix: how the gateway reaches the nodes. NODE_LEVEL: the nodes' log level. STORE=sqlite|postgres: where the gateway keeps its records.
# A Praefect lays repositories out by ids that it counts itself, so two of them must not share nodes.
set -e
. "$(dirname "$(readlink -f "$0")")/lib.sh"
[ $# -gt 0 ] || set -- nodes gateway

node() { # node I
  mkdir -p "$DATA/gitaly-$1" "$RUN/gitaly-$1" "$LOG/gitaly-$1"
  certificate
  cat > "$ETC/gitaly-$1.toml" <<CONF
listen_addr = "127.0.0.1:$(( NODE_PORT + $1 ))"
tls_listen_addr = "127.0.0.1:$(( NODE_PORT + $1 + 3 ))"
socket_path = "$RUN/gitaly-$1.sock"
bin_dir = "$PEERS/bin"
runtime_dir = "$RUN/gitaly-$1"
[logging]
dir = "$LOG/gitaly-$1"
format = "json"
level = "${NODE_LEVEL:-warn}"
[tls]
certificate_path = "$ETC/cert.pem"
key_path = "$ETC/key.pem"
[auth]
token = "$TOKEN"
[git]
bin_path = "$PEERS/git/bin/git"
[[storage]]
name = "gitaly-$1"
path = "$DATA/gitaly-$1"
[gitlab]
url = "http://127.0.0.1:${GITLAB_PORT:-8190}"
secret = "secret"
CONF
  SSL_CERT_FILE=$ETC/cert.pem start "gitaly-$1" "$PEERS/bin/gitaly" serve "$ETC/gitaly-$1.toml"
}

address_of() { # address_of I: of a node, as NODES wants it
  case ${NODES:-tcp} in
    tls) echo "tls://localhost:$(( NODE_PORT + $1 + 3 ))" ;;
    unix) echo "unix:$RUN/gitaly-$1.sock" ;;
    *) echo "tcp://127.0.0.1:$(( NODE_PORT + $1 ))" ;;
  esac
}

virtual_storage() {
  printf '[[virtual_storage]]\nname = "default"\n'
  for i in 1 2 3; do
    printf '[[virtual_storage.node]]\nstorage = "gitaly-%s"\naddress = "%s"\ntoken = "%s"\n' "$i" "$(address_of $i)" "$TOKEN"
  done
}

postgres() { # a server of this WORK's own, on PORT+5, with the database praefect
  local bin pg=$DATA/pg pg_port=$(( PORT + 5 ))
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  if [ ! -f "$pg/PG_VERSION" ]; then
    mkdir -p "$pg"; chown postgres "$pg"; chmod a+x "$WORK" "$DATA"
    runuser -u postgres -- "$bin/initdb" -D "$pg" -U postgres -A trust -E UTF8 --locale=C.UTF-8 > "$LOG/initdb.log" 2>&1
  fi
  (cd / && runuser -u postgres -- "$bin/pg_ctl" -D "$pg" status > /dev/null 2>&1 ||
    runuser -u postgres -- "$bin/pg_ctl" -D "$pg" -w -o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" -l /dev/null start > /dev/null)
  "$bin/psql" -h 127.0.0.1 -p "$pg_port" -U postgres -tAc "select 1 from pg_database where datname='praefect'" | grep -q 1 ||
    "$bin/psql" -h 127.0.0.1 -p "$pg_port" -U postgres -qc 'create database praefect'
}

database() { # the sections of postgres' database
  cat <<CONF
[database]
host = "127.0.0.1"
port = $(( PORT + 5 ))
user = "postgres"
dbname = "praefect"
sslmode = "disable"
[database.session_pooled]
host = "127.0.0.1"
port = $(( PORT + 5 ))
CONF
}

reconciliation() { # RECONCILE=1s: how often work that nobody does is looked for; without it the default
  [ -z "$RECONCILE" ] || printf '[reconciliation]\nscheduling_interval = "%s"\n' "$RECONCILE"
}

praefect() {
  postgres
  {
    cat <<CONF
listen_addr = "127.0.0.1:$PORT"
prometheus_listen_addr = "127.0.0.1:$(( PORT + 2 ))"
[logging]
format = "json"
level = "info"
[auth]
token = "$TOKEN"
CONF
    database
    reconciliation
    virtual_storage
  } > "$ETC/praefect.toml"
  "$PEERS/bin/praefect" -config "$ETC/praefect.toml" sql-migrate > "$LOG/migrate.log" 2>&1
  start praefect "$PEERS/bin/praefect" -config "$ETC/praefect.toml"
  wait_port "$PORT" 120
}

store() { # where the gateway keeps its records: STORE=sqlite (default) or postgres
  if [ "${STORE:-sqlite}" = postgres ]; then
    database
  else
    printf '[store]\npath = "%s"\n' "$DATA/praefect.db"
  fi
}

gateway() {
  certificate
  {
    cat <<CONF
listen_addr = "127.0.0.1:$PORT"
tls_listen_addr = "127.0.0.1:$(( PORT + 1 ))"
prometheus_listen_addr = "127.0.0.1:$(( PORT + 2 ))"
[logging]
format = "json"
level = "${LEVEL:-info}"
[auth]
token = "$TOKEN"
[tls]
certificate_path = "$ETC/cert.pem"
key_path = "$ETC/key.pem"
[git_http]
listen_addr = "127.0.0.1:$(( PORT + 3 ))"
CONF
    store
    reconciliation
    virtual_storage
  } > "$ETC/gateway.toml"
  if [ "${STORE:-sqlite}" = postgres ]; then
    postgres
    dotnet "$PRAEFECT" -config "$ETC/gateway.toml" sql-migrate > "$LOG/migrate.log" 2>&1
  fi
  SSL_CERT_FILE=$ETC/cert.pem start gateway dotnet "$PRAEFECT" -config "$ETC/gateway.toml"
  wait_port "$PORT" 120
}

while [ $# -gt 0 ]; do
  case $1 in
    node) node "$2"; wait_port "$(( NODE_PORT + $2 ))" 120; shift ;;
    nodes)
      # Where another one has the port already, that serves as well.
      start fakegitlab "$PEERS/bin/fakegitlab" -addr "127.0.0.1:${GITLAB_PORT:-8190}"
      wait_port "${GITLAB_PORT:-8190}" 30
      for i in 1 2 3; do node $i; done
      for i in 1 2 3; do wait_port "$(( NODE_PORT + i ))" 120; done ;;
    gateway) gateway ;;
    praefect) praefect ;;
    *) echo "up.sh: node I, nodes, gateway or praefect, not $1" >&2; exit 2 ;;
  esac
  shift
done
