#!/bin/bash
# run.sh SUITE...: the interop suites, each with everything that it needs started and stopped. Ends with 1 if one fails.
#   foreign       the gRPC interop cases with grpcio and grpc-js as client and as server (foreign/README.md)
#   differential  the same calls through the real Praefect and through ours, each in front of three Gitalys of its own
#   life          repositories from creation to deletion on real Gitaly, replicas compared by checksum; nodes over TCP, TLS and unix sockets
#   faults        kill -9 and hang of a secondary and of the primary under load, on real Gitaly
#   floods        HTTP/2 floods against a gateway: cut within 5 s, memory flat, healthy calls go on; slow readers and stalled uploads
#   commands      every sub-command and configuration file, with the output of the real Praefect's for the same state
#   scrape        /metrics and /db_metrics, name by name, with the real Praefect's after the same calls
#   moving        a real Praefect's repositories are taken over as docs/moving-in.md says, and given back
#   all           all of them
#   speed         what calls cost through the real Praefect and through ours, in one run, and who waits how long for a killed primary; not among all
# Takes what lib.sh takes.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
HERE=$ROOT/tests/Interop
PROTO=${PROTO:?the folder with the .proto files of Gitaly}
export PEERS WORK NODE_PORT PORT TOKEN PRAEFECT PROTO
python=/usr/bin/python3
[ $# -gt 0 ] || set -- all

clean() { "$HERE/down.sh" -wipe; mkdir -p "$WORK"; }

# Generated code outlives the wipes.
export GENERATED=${GENERATED:-$WORK.py}

differential() {
  local result=0
  for who in praefect gateway; do
    clean
    NODE_LEVEL=info "$HERE/up.sh" nodes $who > /dev/null || return 2
    sleep 2
    $python "$HERE/calls.py" "127.0.0.1:$PORT" life/1 "$WORK/log" > "$WORK.$who.txt" || result=2
  done
  "$HERE/down.sh"
  $python "$HERE/compare.py" "$WORK.praefect.txt" "$WORK.gateway.txt" || result=1
  return $result
}

life() {
  local result=0
  for NODES in ${NODES:-tcp tls unix}; do
    clean
    export NODES
    "$HERE/up.sh" nodes gateway > /dev/null || return 2
    echo "nodes over $NODES"
    $python "$HERE/life.py" "127.0.0.1:$PORT" || result=1
  done
  unset NODES
  "$HERE/down.sh"
  return $result
}

faults() {
  clean
  "$HERE/up.sh" nodes gateway > /dev/null || return 2
  $python "$HERE/failover.py" "127.0.0.1:$PORT"
  local result=$?
  "$HERE/down.sh"
  return $result
}

floods() {
  clean
  "$HERE/up.sh" nodes gateway > /dev/null || return 2
  $python "$HERE/floods.py" "127.0.0.1:$PORT" "$(pid_of gateway)"
  local result=$?
  $python "$HERE/stalls.py" "127.0.0.1:$PORT" "$(pid_of gateway)" || result=1
  "$HERE/down.sh"
  return $result
}

foreign() { "$HERE/foreign/run.sh"; }

# These start and stop both sides themselves.
beside() { clean; $python "$HERE/commands/$1.py"; }

failed=0
for suite in "$@"; do
  case $suite in
    all) for each in foreign differential life faults floods; do $each || failed=1; done
         for each in commands scrape moving; do beside $each || failed=1; done ;;
    foreign|differential|life|faults|floods) $suite || failed=1 ;;
    commands|scrape|moving) beside $suite || failed=1 ;;
    speed) clean; "$HERE/speed/run.sh" || failed=1 ;;
    *) echo "run.sh: foreign, differential, life, faults, floods, commands, scrape, moving, speed or all, not $suite" >&2; exit 2 ;;
  esac
done
exit $failed
