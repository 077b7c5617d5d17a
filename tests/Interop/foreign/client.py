#!/usr/bin/python3
"""client.py ADDRESS STORAGE PATH: the gRPC interop cases by grpcio, one line a case: everything that a client can see. ADDRESS is HOST:PORT,
unix:PATH, or tls://HOST:PORT with CERT. The cases are those of grpc's interop test descriptions; what they mean here is in README.md."""
import hmac, json, os, re, sys, threading, time
import grpc
import wire
from wire import UNARY, CLIENT, SERVER, BIDI, message

address, storage, path = sys.argv[1:4]
limits = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_metadata_size", 1 << 20)]


def connect(more=()):
    if address.startswith("tls://"):
        return grpc.secure_channel(address[6:], grpc.ssl_channel_credentials(open(os.environ["CERT"], "rb").read()), options=limits + list(more))
    return grpc.insecure_channel(address, options=limits + list(more))


channel = connect()
now = "%d" % time.time()
AUTH = [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]
HEAD = wire.repository(storage, path)
CASES = {}
run = "%d" % (time.time() * 1000)


def case(function):
    CASES[function.__name__] = function
    return function


def pairs(metadata):
    """By key; what has the same key stays in its order. The gateway's server adds content-length: 0 to answers that are all status."""
    return sorted(([k, v.hex() if isinstance(v, bytes) else v] for k, v in metadata or () if k not in ("date", "server", "user-agent", "content-length")), key=lambda pair: pair[0])


def outcome(call, received):
    # What a reset is called is each library's own choice of words.
    details = "(reset)" if re.search("reset the stream|RST_STREAM", call.details() or "") else call.details()
    return {"code": call.code().name, "details": details, "initial": pairs(call.initial_metadata()), "trailing": pairs(call.trailing_metadata()), "messages": received}


def ask(path, requests, metadata=(), timeout=60, on_message=None, **more):
    """Calls in the shape that the path has."""
    requests = list(requests) if isinstance(requests, list) else requests
    received = []
    metadata = AUTH + list(metadata)
    if path == UNARY:
        try:
            data, call = channel.unary_unary(path).with_call(requests[0], metadata=metadata, timeout=timeout, **more)
            received.append(wire.digest(data))
        except grpc.RpcError as e:
            call = e
        return outcome(call, received)
    if path == CLIENT:
        try:
            data, call = channel.stream_unary(path).with_call(iter(requests), metadata=metadata, timeout=timeout, **more)
            received.append([wire.digest(data), wire.control_of(data)])
        except grpc.RpcError as e:
            call = e
        return outcome(call, received)
    call = (channel.unary_stream(path)(requests[0], metadata=metadata, timeout=timeout, **more) if path == SERVER
            else channel.stream_stream(path)(iter(requests), metadata=metadata, timeout=timeout, **more))
    try:
        for data in call:
            received.append([wire.digest(data), wire.control_of(data)])
            if on_message:
                on_message(call, data)
    except grpc.RpcError:
        pass
    return outcome(call, received)


def ended(id):
    return wire.control_of(channel.unary_unary(UNARY)(message({"ask": id}, head=HEAD), metadata=AUTH, timeout=30)).get("cancelled")


def steps(count):
    """Requests that wait until the answer to the one before has come."""
    gates = [threading.Semaphore(0) for _ in range(count)]

    def made(parts):
        for number, part in enumerate(parts):
            yield part
            if number + 1 < len(parts):
                gates[number].acquire(timeout=30)

    answered = iter(gates)
    return made, lambda call, data: next(answered, threading.Semaphore()).release()


@case
def empty_unary():
    return ask(UNARY, [HEAD])


@case
def large_unary():
    return ask(UNARY, [message({"sizes": [314159]}, 271828, HEAD)])


@case
def client_streaming():
    return ask(CLIENT, [message(size=size, head=HEAD if at == 0 else b"") for at, size in enumerate((27182, 8, 1828, 45904))])


@case
def server_streaming():
    return ask(SERVER, [message({"sizes": [31415, 9, 2653, 58979]}, head=HEAD)])


@case
def ping_pong():
    made, release = steps(4)
    parts = [message({"sizes": [answer]}, size, HEAD if at == 0 else b"") for at, (size, answer) in enumerate(((27182, 31415), (8, 9), (1828, 2653), (45904, 58979)))]
    return ask(BIDI, made(parts), on_message=release)


@case
def empty_stream():
    return ask(BIDI, [HEAD])


@case
def client_compressed_unary():
    return ask(UNARY, [message({"sizes": [314159]}, 271828, HEAD)], compression=grpc.Compression.Gzip)


@case
def client_compressed_streaming():
    return ask(CLIENT, [message(size=size, head=HEAD if at == 0 else b"") for at, size in enumerate((27182, 45904))], compression=grpc.Compression.Gzip)


@case
def server_compressed_unary():
    return ask(UNARY, [message({"compress": True, "sizes": [314159]}, 271828, HEAD)])


@case
def server_compressed_streaming():
    return ask(SERVER, [message({"compress": True, "sizes": [31415, 92653]}, head=HEAD)])


@case
def custom_metadata():
    sent = [("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", bytes(range(256))),
            ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"), ("x-twice", "one"), ("x-twice", "two"), ("x-ascii", "a, b;c=\"d\" ~"), ("x-empty", "")]
    return [ask(UNARY, [message({"sizes": [314159]}, 271828, HEAD)], sent), ask(BIDI, [message({"sizes": [314159]}, 271828, HEAD)], sent)]


@case
def cancel_after_begin():
    call = channel.stream_unary(CLIENT).future(silence(), metadata=AUTH)
    time.sleep(0.05)
    call.cancel()
    return call.code().name


def silence():
    threading.Event().wait(2)
    return
    yield


@case
def cancel_after_first_response():
    id = run + "-first"
    made, _ = steps(2)
    got = ask(BIDI, made([message({"id": id, "sizes": [31415]}, 27182, HEAD), b""]), on_message=lambda call, data: call.cancel())
    return [got["code"], len(got["messages"]), ended(id)]


@case
def timeout_on_sleeping_server():
    short = ask(BIDI, [message({"sleep": 5}, 27182, HEAD)], timeout=0.001)
    id = run + "-sleep"
    reached = ask(BIDI, [message({"id": id, "sleep": 5}, 27182, HEAD)], timeout=1)
    return [short["code"], reached["code"], ended(id)]


@case
def status_code_and_message():
    part = message({"status": "UNKNOWN", "text": "test status message"}, head=HEAD)
    return [ask(UNARY, [part]), ask(BIDI, [part])]


@case
def every_status_code():
    return [ask(SERVER, [message({"sizes": [1], "status": code.name, "text": code.name.lower()}, head=HEAD)]) for code in grpc.StatusCode if code.value[0]]


@case
def special_status_message():
    return ask(UNARY, [message({"status": "UNKNOWN", "text": wire.SPECIAL}, head=HEAD)])


@case
def status_details():
    part = message({"status": "FAILED_PRECONDITION", "text": "see details", "details": True}, head=HEAD)
    return [ask(UNARY, [part]), ask(SERVER, [part], [("x-grpc-test-echo-initial", "first")])]


@case
def unimplemented_method():
    try:
        channel.unary_unary("/gitaly.RefService/FindTag")(HEAD, metadata=AUTH, timeout=10)
    except grpc.RpcError as e:
        return outcome(e, [])


@case
def unknown_method():
    return code_of("/gitaly.RefService/NoSuchMethod")


@case
def unimplemented_service():
    return code_of("/gitaly.NoSuchService/Method")


def code_of(path):
    try:
        channel.unary_unary(path)(HEAD, metadata=AUTH, timeout=10)
    except grpc.RpcError as e:
        return e.code().name


@case
def concurrent_large_unary():
    calls = [channel.unary_unary(UNARY).future(message({"sizes": [314159]}, 271828, HEAD), metadata=AUTH, timeout=120) for _ in range(100)]
    return sorted({wire.digest(call.result()) for call in calls})


@case
def more_than_a_hundred_streams():
    # The server has 160 threads, so 150 calls are open at once or this hangs.
    ready, open_calls = threading.Semaphore(0), []
    for number in range(150):
        made, _ = steps(2)
        call = channel.stream_stream(BIDI)(made([message({"sizes": [9]}, head=HEAD), b""]), metadata=AUTH, timeout=60)
        open_calls.append(call)
    got = [wire.digest(next(call)) for call in open_calls]
    for call in open_calls:
        call.cancel()
    return [len(got), sorted(set(got))]


@case
def soak():
    return sorted({json.dumps(ask(UNARY, [message({"sizes": [3141]}, 2718, HEAD)])) for _ in range(300)})


@case
def messages_of_8_mebibytes():
    return [ask(UNARY, [message({"sizes": [8 << 20]}, 8 << 20, HEAD)]), ask(CLIENT, [message(size=8 << 20, head=HEAD), message(size=8 << 20)])]


@case
def answers_after_the_half_close():
    return ask(BIDI, [message({"after_half_close": 3}, head=HEAD), message({"sizes": [5]})])


@case
def early_end_while_the_client_sends():
    made, _ = steps(2)
    return ask(BIDI, made([message({"sizes": [9], "status": "OUT_OF_RANGE", "text": "enough"}, head=HEAD), b""]))


@case
def silent_stream():
    """Eight seconds without a byte of the call, while the client pings each second: longer than Kestrel would wait by default."""
    pinging = connect([("grpc.keepalive_time_ms", 1000), ("grpc.keepalive_timeout_ms", 3000), ("grpc.http2.max_pings_without_data", 0)])

    def slow():
        yield message({"sizes": [9]}, head=HEAD)
        time.sleep(8)
        yield message({"sizes": [9]})

    return [[wire.digest(data), wire.control_of(data)] for data in pinging.stream_stream(BIDI)(slow(), metadata=AUTH, timeout=60)]


@case
def many_header_fields():
    return ask(UNARY, [message({"sizes": [1]}, head=HEAD)], [("x-field-%d" % i, "v" * 20) for i in range(300)])


@case
def one_long_header_field():
    return ask(UNARY, [message({"sizes": [1]}, head=HEAD)], [("x-long", "v" * 40000)])


failed = 0
for name, body in CASES.items():
    if len(sys.argv) > 4 and name not in sys.argv[4:]:
        continue
    try:
        print("%s %s" % (name, json.dumps(body(), sort_keys=True)), flush=True)
    except Exception as e:
        failed += 1
        print("%s FAILED %s" % (name, " ".join(repr(e).split())[:500]), flush=True)
os._exit(1 if failed else 0)
