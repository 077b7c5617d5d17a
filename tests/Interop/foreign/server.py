#!/usr/bin/python3
"""server.py PORT: a node made with grpcio that does what each request's control field says (wire.py). Serves UNARY, CLIENT, SERVER and BIDI only."""
import json, os, sys, threading, time
from concurrent import futures
import grpc
import wire

calls = {}  # id -> how the call ended, as the server saw it
progress = {}  # id -> messages of a long stream that went out
MEBIBYTE = 1 << 20
served = {wire.UNARY, wire.CLIENT, wire.SERVER, wire.BIDI}


def answers(requests, context, path):
    metadata = [(k, v) for k, v in context.invocation_metadata() if k.startswith("x-") and k != "x-gitlab-correlation-id"]  # the gateway adds that one
    initial = [(k, v) for k, v in metadata if k.startswith("x-grpc-test-echo-initial")]
    trailing = [(k, v) for k, v in metadata if k.startswith("x-grpc-test-echo-trailing")]
    if initial:
        context.send_initial_metadata(initial)
    seen, total, sent, after = [], 0, 0, 0
    for data in requests:
        control = wire.control_of(data)
        seen.append(wire.digest(wire.rest(data)))
        if "id" in control:
            ended = calls[control["id"]] = {"cancelled": False}
            context.add_callback(lambda: ended.update(cancelled=not ended.get("done", False)))
        if "sleep" in control:
            for _ in range(int(control["sleep"] * 100)):
                if not context.is_active():
                    return
                time.sleep(0.01)
        total += sum(len(value) for number, value in wire.fields(data) if number == 14)
        if control.get("compress"):
            context.set_compression(grpc.Compression.Gzip)
        if "pause" in control:
            time.sleep(control["pause"])
        after = control.get("after_half_close", after)
        for number in range(control.get("stream", 0)):
            progress[control["id"]] = number
            yield wire.message({"number": number}, MEBIBYTE)
        if "deadline" in control:
            sent += 1
            yield wire.message({"in_time": control["deadline"] - 10 < context.time_remaining() < control["deadline"] + 1})
        if control.get("go_away"):
            threading.Thread(target=leave).start()
        if control.get("cut"):
            yield wire.pad(MEBIBYTE) + wire.CUT + wire.pad(MEBIBYTE)
        for size in control.get("sizes", []):
            sent += 1
            yield wire.message({"seen": seen[-1]}, size)
        if "status" in control:
            context.set_trailing_metadata(trailing + [("grpc-status-details-bin", b"\x08\x02\x12\x00\xff\x00details")] if control.get("details") else trailing)
            context.abort(grpc.StatusCode[control["status"]], control["text"])
        if "ask" in control:
            sent += 1
            deadline = time.monotonic() + 10
            while control["ask"] not in calls or not calls[control["ask"]]["cancelled"]:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.01)
            yield wire.message(calls.get(control["ask"], {"never": True}))
        if "how_far" in control:
            sent += 1
            yield wire.message({"progress": settled(control["how_far"])})
    for number in range(after):
        sent += 1
        yield wire.message({"after": number})
    if path == wire.CLIENT:
        yield wire.message({"total": total, "seen": seen})
    elif path == wire.UNARY and not sent:
        yield b""
    trailing.append(("x-seen", json.dumps(sorted([k, v.hex() if isinstance(v, bytes) else v] for k, v in metadata))))
    context.set_trailing_metadata(trailing)
    for ended in calls.values():
        ended.setdefault("done", False)


def settled(id):
    """How far that stream has come once it has not moved for a second."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < 1:
        if progress.get(id) != last:
            last, since = progress.get(id), time.monotonic()
        time.sleep(0.02)
    return last


def leave():
    """GOAWAY to all, then the end once the calls under way are done."""
    server.stop(30).wait()
    os._exit(0)


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Check":
            return grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01")
        if details.method in served:
            return grpc.stream_stream_rpc_method_handler(lambda requests, context: answers(requests, context, details.method))
        return None


options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", -1), ("grpc.max_metadata_size", 16 << 20),
           ("grpc.http2.max_ping_strikes", 0), ("grpc.keepalive_permit_without_calls", 1), ("grpc.so_reuseport", 0)]
server = grpc.server(futures.ThreadPoolExecutor(max_workers=160), options=options)
server.add_generic_rpc_handlers([Handler()])
assert server.add_insecure_port("127.0.0.1:" + sys.argv[1]), "port is taken"
server.start()
threading.Event().wait()
