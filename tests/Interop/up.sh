#!/bin/bash
# up.sh [node 1|2|3] [nodes] [gateway]   (default: nodes gateway)
# Real Gitaly nodes with disks of their own, and our gateway in front of them.
# A Praefect lays repositories out by ids that it counts itself, so two of them must not share nodes.
set -e
. "$(dirname "$(readlink -f "$0")")/lib.sh"
[ $# -gt 0 ] || set -- nodes gateway

node() { # node I
  mkdir -p "$DATA/gitaly-$1" "$RUN/gitaly-$1" "$LOG/gitaly-$1"
  cat > "$ETC/gitaly-$1.toml" <<CONF
listen_addr = "127.0.0.1:$(( NODE_PORT + $1 ))"
bin_dir = "$PEERS/bin"
runtime_dir = "$RUN/gitaly-$1"
[logging]
dir = "$LOG/gitaly-$1"
format = "json"
level = "warn"
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
  start "gitaly-$1" "$PEERS/bin/gitaly" serve "$ETC/gitaly-$1.toml"
}

gateway() {
  [ -f "$ETC/cert.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ETC/key.pem" -out "$ETC/cert.pem" -days 30 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2> /dev/null
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
[store]
path = "$DATA/praefect.db"
[[virtual_storage]]
name = "default"
CONF
    for i in 1 2 3; do
      printf '[[virtual_storage.node]]\nstorage = "gitaly-%s"\naddress = "tcp://127.0.0.1:%s"\ntoken = "%s"\n' "$i" "$(( NODE_PORT + i ))" "$TOKEN"
    done
  } > "$ETC/gateway.toml"
  start gateway dotnet "$PRAEFECT" -config "$ETC/gateway.toml"
  wait_port "$PORT" 30
}

while [ $# -gt 0 ]; do
  case $1 in
    node) node "$2"; wait_port "$(( NODE_PORT + $2 ))" 30; shift ;;
    nodes)
      wait_port "${GITLAB_PORT:-8190}" 1 2> /dev/null || start fakegitlab "$PEERS/bin/fakegitlab" -addr "127.0.0.1:${GITLAB_PORT:-8190}"
      for i in 1 2 3; do node $i; done
      for i in 1 2 3; do wait_port "$(( NODE_PORT + i ))" 30; done ;;
    gateway) gateway ;;
    *) echo "up.sh: node I, nodes or gateway, not $1" >&2; exit 2 ;;
  esac
  shift
done
