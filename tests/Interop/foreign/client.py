#!/usr/bin/python3
"""client.py ADDRESS STORAGE PATH: the gRPC interop cases by grpcio, one line a case: everything that a client can see. ADDRESS is HOST:PORT,
unix:PATH, or tls://HOST:PORT with CERT. The cases are those of grpc's interop test descriptions; what they mean here is in README.md."""
import hmac, json, os, re, sys, threading, time
import grpc
import wire
from wire import UNARY, CLIENT, SERVER, BIDI, message

address, storage, path = sys.argv[1:4]
limits = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_metadata_size", 16 << 20)]


def connect(more=()):
    if address.startswith("tls://"):
        return grpc.secure_channel(address[6:], grpc.ssl_channel_credentials(open(os.environ["CERT"], "rb").read()), options=limits + list(more))
    return grpc.insecure_channel(address, options=limits + list(more))


channel = connect()
HEAD = wire.repository(storage, path)
CASES = {}
run = "%d" % (time.time() * 1000)


def auth():
    """A token is valid for half a minute only."""
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now))]


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
    metadata = auth() + list(metadata)
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
    return wire.control_of(channel.unary_unary(UNARY)(message({"ask": id}, head=HEAD), metadata=auth(), timeout=30)).get("cancelled")


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
    call = channel.stream_unary(CLIENT).future(silence(), metadata=auth())
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
        channel.unary_unary("/gitaly.RefService/FindTag")(HEAD, metadata=auth(), timeout=10)
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
        channel.unary_unary(path)(HEAD, metadata=auth(), timeout=10)
    except grpc.RpcError as e:
        return e.code().name


@case
def concurrent_large_unary():
    calls = [channel.unary_unary(UNARY).future(message({"sizes": [314159]}, 271828, HEAD), metadata=auth(), timeout=120) for _ in range(100)]
    return sorted({wire.digest(call.result()) for call in calls})


@case
def more_than_a_hundred_streams():
    # The server has 160 threads, so 150 calls are open at once or this hangs.
    ready, open_calls = threading.Semaphore(0), []
    for number in range(150):
        made, _ = steps(2)
        call = channel.stream_stream(BIDI)(made([message({"sizes": [9]}, head=HEAD), b""]), metadata=auth(), timeout=60)
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

    return [[wire.digest(data), wire.control_of(data)] for data in pinging.stream_stream(BIDI)(slow(), metadata=auth(), timeout=60)]


@case
def many_header_fields():
    return ask(UNARY, [message({"sizes": [1]}, head=HEAD)], [("x-field-%d" % i, "v" * 20) for i in range(300)])


@case
def one_long_header_field():
    return ask(UNARY, [message({"sizes": [1]}, head=HEAD)], [("x-long", "v" * 40000)])


def asked(control):
    """One answer to one control message, on the same connection as everything else."""
    return wire.control_of(channel.unary_unary(UNARY)(message(control, head=HEAD), metadata=auth(), timeout=30))


@case
def slow_reader():
    """A reader of 64 MiB stops after the first: the server comes to a stand, calls beside it go on, and what follows is whole."""
    id = run + "-reader"
    call = channel.unary_stream(SERVER)(message({"id": id, "stream": 64}, head=HEAD), metadata=auth(), timeout=120)
    got = [wire.digest(next(call))]
    stopped = asked({"how_far": id})["progress"] < 60
    got += [wire.digest(data) for data in call]
    return [stopped, len(got), sorted(set(got)), call.code().name]


@case
def slow_server():
    """An upload of 64 MiB to a server that takes nothing yet: the client comes to a stand, calls beside it go on, and what follows is whole."""
    sent = []

    def parts():
        for number in range(64):
            sent.append(number)
            yield message({"pause": 5} if number == 0 else {}, 1 << 20, HEAD if number == 0 else b"")

    call = channel.stream_unary(CLIENT).future(parts(), metadata=auth(), timeout=120)
    while not sent:
        time.sleep(0.01)
    beside = wire.digest(channel.unary_unary(UNARY)(message({"sizes": [9]}, head=HEAD), metadata=auth(), timeout=30))
    last, since = 0, time.monotonic()
    while time.monotonic() - since < 1:
        if len(sent) != last:
            last, since = len(sent), time.monotonic()
        time.sleep(0.02)
    return [last < 60, beside, wire.digest(call.result()), len(sent), call.code().name]


@case
def many_small_messages():
    """Several to a frame; the first one is found among them."""
    return ask(CLIENT, [message({}, at % 3, HEAD if at == 0 else b"") for at in range(1000)])


@case
def no_first_message():
    """Nothing to route by: the gateway says so, and nothing hangs. What a server makes of it is its own affair."""
    return ask(CLIENT, [])["code"] == "INVALID_ARGUMENT" or storage != "default"


@case
def cut_inside_a_message():
    """The server is lost after the first MiB of two: never a clean end, never part of a message."""
    own = connect([("grpc.use_local_subchannel_pool", 1)])
    call, got = own.unary_stream(SERVER)(message({"cut": True}, head=HEAD), metadata=auth(), timeout=30), []
    try:
        got += [wire.digest(data) for data in call]
    except grpc.RpcError:
        pass
    return [got, call.code() not in (grpc.StatusCode.OK, grpc.StatusCode.DEADLINE_EXCEEDED), served_again()]


def served_again():
    """The server comes back, and the calls with it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return wire.digest(channel.unary_unary(UNARY)(message({"sizes": [9]}, head=HEAD), metadata=auth(), timeout=5))
        except grpc.RpcError:
            time.sleep(0.1)


@case
def goaway_during_a_call():
    """The server sends GOAWAY and ends once its calls are done: this one goes on to its end, those after it reach the next server."""
    made, release = steps(3)
    call = channel.stream_stream(BIDI)(made([message({"sizes": [9]}, head=HEAD), message({"go_away": True, "pause": 1, "sizes": [10]}), message({"sizes": [11]})]),
                                       metadata=auth(), timeout=60)
    got = []
    for data in call:
        got.append(wire.digest(data))
        release(call, data)
    return [got, call.code().name, served_again()]


@case
def deadline_reaches_the_server():
    return asked({"deadline": 30})


@case
def health_without_a_token():
    return channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10).hex()


@case
def header_fields_of_four_mebibytes():
    """Both ways. More than node's server takes, so that only grpcio's is asked."""
    if os.environ.get("SERVER") != "py":
        return "grpcio's server only"
    got = ask(UNARY, [message({"sizes": [1]}, head=HEAD)], [("x-field-%d" % i, "v" * (128 << 10)) for i in range(32)])
    return [got["code"], wire.digest(json.dumps(got).encode())]  # they come back as a trailer


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
