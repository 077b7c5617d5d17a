#!/bin/bash
# foreign/run.sh: the gRPC interop cases with grpcio and grpc-js as client and as server, directly and through the gateway (plain, TLS,
# unix socket), compared line by line. Ends with 1 if anything differs. Takes what lib.sh takes; grpc-js is installed into $WORK.
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
HERE=$ROOT/tests/Interop/foreign OUT=$WORK/foreign
node_port=$(( NODE_PORT + 9 )) server_port=$(( NODE_PORT + 10 )) port=$(( PORT + 20 ))
mkdir -p "$OUT"
python=/usr/bin/python3
export NODE_PATH=$WORK/node/node_modules CERT=$ETC/cert.pem TOKEN

finish() { stop foreign-relay; stop foreign-server; stop foreign-gateway; stop foreign-fake; }
trap finish EXIT
finish

[ -d "$NODE_PATH/@grpc/grpc-js" ] || { mkdir -p "$WORK/node"; npm install --silent --no-fund --no-audit --prefix "$WORK/node" @grpc/grpc-js @grpc/proto-loader > "$LOG/npm.log" 2>&1 || exit 2; }
certificate

rm -f "$DATA"/foreign.db*
cat > "$ETC/foreign.toml" <<CONF
listen_addr = "127.0.0.1:$port"
tls_listen_addr = "127.0.0.1:$(( port + 1 ))"
socket_path = "$RUN/foreign.sock"
[logging]
level = "${LEVEL:-info}"
[auth]
token = "$TOKEN"
[tls]
certificate_path = "$ETC/cert.pem"
key_path = "$ETC/key.pem"
[store]
path = "$DATA/foreign.db"
[[virtual_storage]]
name = "default"
[[virtual_storage.node]]
storage = "gitaly-1"
address = "tcp://127.0.0.1:$node_port"
token = "$TOKEN"
CONF

# A repository exists once a node that votes has made it; then a foreign server takes that node's place and serves reads of it.
start foreign-fake "$PEERS/bin/fakegitaly" -addr "127.0.0.1:$node_port" -storage gitaly-1 -token "$TOKEN" > /dev/null
start foreign-gateway dotnet "$PRAEFECT" -config "$ETC/foreign.toml" > /dev/null
wait_port "$node_port" 60 && wait_port "$port" 120 || exit 2
$python "$HERE/create.py" "127.0.0.1:$port" default foreign/repository.git || exit 2
stop foreign-fake
start foreign-relay $python "$HERE/relay.py" "$node_port" "$server_port" > /dev/null

run() { # run CLIENT ADDRESS STORAGE CASES...
  local program=$python kind=$1; shift
  [ "$kind" = py ] || program=node
  timeout 900 $program "$HERE/client.$kind" "$1" "$2" foreign/repository.git "${@:3}"
}

differences=0 compared=0
for server in py js; do
  export SERVER=$server
  program=$python; [ $server = py ] || program=node
  # It ends in some cases, and is wanted again.
  start foreign-server $python "$HERE/respawn.py" $program "$HERE/server.$server" "$server_port" > /dev/null
  wait_port "$node_port" 60 || exit 2
  for i in $(seq 120); do run py "127.0.0.1:$port" default empty_unary | grep -q '"OK"' && break; sleep 0.5; done
  for client in py js; do
    direct=$OUT/$client-$server-direct.txt
    run $client "127.0.0.1:$node_port" gitaly-1 > "$direct"
    for way in "plain 127.0.0.1:$port" "tls tls://localhost:$(( port + 1 ))" "unix unix:$RUN/foreign.sock"; do
      set -- $way
      through=$OUT/$client-$server-$1.txt
      run $client "$2" default > "$through"
      different=$(diff "$direct" "$through" | grep -c '^>')
      [ "$(wc -l < "$direct")" = "$(wc -l < "$through")" ] || different=$(( different + 1 ))
      failed=$(grep -cE '^[a-z_0-9]+ FAILED' "$through")
      compared=$(( compared + $(wc -l < "$through") )) differences=$(( differences + different + failed ))
      echo "client $client, server $server, $1: $(wc -l < "$through") cases, $different different, $failed failed"
      diff "$direct" "$through" | cut -c1-260
    done
  done
  stop foreign-server
done
echo "interop cases: $compared compared, $differences differences (transcripts in $OUT)"
[ $differences = 0 ]
