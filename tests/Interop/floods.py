#!/usr/bin/python3
"""floods.py HOST:PORT PID: floods of HTTP/2 frames against the gateway with that pid, one connection at a time, while a healthy client calls on
another. For each: seconds until the connection was ended, frames sent, growth of the gateway's memory, and how the healthy calls fared.
Ends with 1 if a connection lives after 5 s, memory grows by more than 50 MB, or a healthy call fails."""
import hmac, os, socket, struct, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)) + "/foreign")
import grpc
import wire

host, port = sys.argv[1].split(":")
pid = int(sys.argv[2])
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">HBBBL", 0, 0, 4, 0, 0)
channel = grpc.insecure_channel(sys.argv[1])
EXISTS = channel.unary_unary("/gitaly.RepositoryService/RepositoryExists")


def auth():
    """A token is valid for half a minute only."""
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">HBBBL", len(payload) >> 8, len(payload) & 255, kind, flags, stream) + payload


def block(path=b"/gitaly.CommitService/CheckObjectsExist"):
    return b"\x83\x86\x04" + bytes([len(path)]) + path + b"\x01\x01a" + b"\x00\x0ccontent-type\x10application/grpc"


def bomb():
    """A field of 4 kB, and 1900 bytes that stand for it each, before any token."""
    return block() + b"\x40\x03x-n\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 1900


def streams(make):
    """Pieces whose stream ids rise."""
    state = [1]

    def piece():
        out = b"".join(make(state[0] + 2 * i) for i in range(100))
        state[0] += 200
        return out
    return piece


def same(data, times=1000):
    whole = data * times
    return lambda: whole


OPEN = frame(1, 4, 1, block())
FLOODS = {
    "settings": (b"", lambda: same(frame(4))), "settings with content": (b"", lambda: same(frame(4, 0, 0, b"\0\4\0\1\0\0" * 100))),
    "ping": (b"", lambda: same(frame(6, 0, 0, b"12345678"))), "priority": (b"", lambda: same(frame(2, 0, 1, b"\0\0\0\0\1"))),
    "window update": (b"", lambda: same(frame(8, 0, 0, b"\0\0\0\1"))), "empty data": (OPEN, lambda: same(frame(0, 0, 1))), "unknown frames": (b"", lambda: same(frame(190))),
    "empty continuation": (frame(1, 0, 1, block()), lambda: same(frame(9, 0, 1))), "continuation with fields": (frame(1, 0, 1, block()), lambda: same(frame(9, 0, 1, b"\0\1n\1v" * 1000), 50)),
    "rapid reset": (b"", lambda: streams(lambda id: frame(1, 4, id, block()) + frame(3, 0, id, b"\0\0\0\x08"))),
    "open streams for ever": (b"", lambda: streams(lambda id: frame(1, 4, id, block()))),
    "header fields of a stranger, 1 byte each": (b"", lambda: streams(lambda id: frame(1, 4, id, bomb()))),
    "resets provoked by window update 0": (b"", lambda: streams(lambda id: frame(1, 4, id, block()) + frame(8, 0, id, b"\0\0\0\0"))),
    "yamux ping": (None, lambda: same(struct.pack(">BBHLL", 0, 2, 1, 0, 7))), "yamux window update": (None, lambda: same(struct.pack(">BBHLL", 0, 1, 0, 1, 0))),
}


def memory():
    return int(next(line for line in open("/proc/%d/status" % pid) if line.startswith("VmRSS")).split()[1]) // 1024


def healthy(stop, times, errors):
    request = wire.repository("default", "none.git")
    while not stop.is_set():
        began = time.monotonic()
        try:
            EXISTS(request, metadata=auth(), timeout=10)
        except grpc.RpcError as e:
            errors.append(e.code().name)
        times.append(time.monotonic() - began)


def flood(name, reads):
    first, make = FLOODS[name]
    piece, sent, began = make(), 0, time.monotonic()
    connection = socket.create_connection((host, int(port)))
    connection.settimeout(0.5)
    stop = threading.Event()

    def read():
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass

    stalled = None
    try:
        connection.sendall(PREFACE + first if first is not None else b"backchannel" + struct.pack(">BBHLL", 0, 1, 1, 1, 0))
        reader = threading.Thread(target=read, daemon=True)
        if reads:
            connection.settimeout(None)
            reader.start()
        while time.monotonic() - began < 10:
            connection.sendall(piece())
            sent += 1
    except socket.timeout:
        stalled = True
    except OSError:
        return time.monotonic() - began, sent
    finally:
        connection.close()
    return ("stalled" if stalled else None), sent


bad = 0
for warm in range(300):
    EXISTS(wire.repository("default", "none.git"), metadata=auth(), timeout=10)
for reads in (True, False):
    for name in FLOODS:
        stop, times, errors = threading.Event(), [], []
        before, caller = memory(), threading.Thread(target=healthy, args=(stop, times, errors))
        caller.start()
        ended, sent = flood(name, reads)
        grown = memory() - before
        stop.set()
        caller.join()
        fine = (ended == "stalled" or ended is not None and ended <= 5) and grown <= 50 and not errors
        bad += not fine
        what = "the sender stalls, its answers unread" if ended == "stalled" else "ended after %.2f s" % ended if ended else "STILL OPEN"
        print("%-4s %-36s %-12s %-40s %6d pieces, %+4d MB, %d healthy calls, %d failed, slowest %.0f ms" % (
            "ok" if fine else "BAD", name, "reading" if reads else "not reading", what, sent, grown, len(times), len(errors), 1000 * max(times)), flush=True)
sys.exit(1 if bad else 0)
