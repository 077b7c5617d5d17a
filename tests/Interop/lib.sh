# shared by the scripts here; what they take is in CONTRIBUTING.md, section Interop.
HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
ROOT=$(cd "$HERE/../.." && pwd)
PEERS=${PEERS:?the folder that holds bin/gitaly, bin/gitaly-ssh, bin/gload and git/bin/git}
WORK=${WORK:-${TMPDIR:-/tmp}/praefect-interop}
NODE_PORT=${NODE_PORT:-8110}              # nodes listen on NODE_PORT+1 to NODE_PORT+3
PORT=${PORT:-2395}                        # the gateway: plain; TLS on PORT+1, metrics on PORT+2
TOKEN=${TOKEN:-secret}
PRAEFECT=${PRAEFECT:-$ROOT/artifacts/bin/Praefect.Silo/release/praefect.dll}
RUN=$WORK/run; LOG=$WORK/log; ETC=$WORK/etc; DATA=$WORK/data
mkdir -p "$RUN" "$LOG" "$ETC" "$DATA"

certificate() { # of localhost, for gateway and nodes
  [ -f "$ETC/cert.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ETC/key.pem" -out "$ETC/cert.pem" -days 30 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2> /dev/null
}

alive() { # alive NAME: does the process recorded under that name still run the same executable?
  local pid exe
  [ -s "$RUN/$1.pid" ] || return 1
  read -r pid exe < "$RUN/$1.pid"
  [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$exe" ]
}

pid_of() { cut -d' ' -f1 "$RUN/$1.pid"; }

start() { # start NAME EXE ARGS...: own session, output to log/NAME.log, pid recorded
  local name=$1 exe=$2; shift 2
  if alive "$name"; then echo "$name: already running, pid $(pid_of "$name")"; return; fi
  setsid "$exe" "$@" >> "$LOG/$name.log" 2>&1 < /dev/null &
  echo "$! $(readlink -f "$(command -v "$exe")")" > "$RUN/$name.pid"
  echo "$name: pid $!"
}

stop() { # stop NAME [SIGNAL]: only the recorded process; KILL after 30 s
  local i
  alive "$1" || { rm -f "$RUN/$1.pid"; return 0; }
  kill "-${2:-TERM}" "$(pid_of "$1")"
  for i in $(seq 300); do alive "$1" || break; sleep 0.1; done
  alive "$1" && kill -KILL "$(pid_of "$1")"
  rm -f "$RUN/$1.pid"
}

wait_port() { # wait_port PORT SECONDS
  local i
  for i in $(seq $(( $2 * 10 ))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.1
  done
  echo "no listener on $1" >&2; return 1
}
