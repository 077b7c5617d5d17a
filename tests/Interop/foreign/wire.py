"""The messages of the interop cases, for Python. A request is any Gitaly request as far as the gateway is concerned: field 1 is the
repository, which it reads and rewrites. Field 14 is padding and field 15 says in JSON what the server is to do: no Gitaly message has
those, so they have to arrive as they were sent. An answer has the same two fields."""
import hashlib, json


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(message):
    """(number, bytes) of each length-delimited field; nothing else occurs here."""
    at, out = 0, []

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag, size = number(), number()
        out.append((tag >> 3, message[at:at + size]))
        at += size
    return out


def repository(storage, path):
    return field(1, field(2, storage.encode()) + field(3, path.encode()))


def pad(size):
    return bytes(i * 7 & 255 for i in range(256)) * (size // 256) + bytes(size % 256)


def message(control=None, size=0, head=b""):
    return head + (field(14, pad(size)) if size else b"") + (field(15, json.dumps(control, sort_keys=True).encode()) if control is not None else b"")


def control_of(data):
    return next((json.loads(value) for number, value in fields(data) if number == 15), {})


def rest(data):
    """What is left of a request without its repository, which the gateway rewrites on purpose."""
    return b"".join(field(number, value) for number, value in fields(data) if number != 1)


def digest(data):
    return "%d:%s" % (len(data), hashlib.sha256(data).hexdigest()[:16])


UNARY, CLIENT, SERVER, BIDI = ("/gitaly." + name for name in (
    "CommitService/FindCommit", "RepositoryService/ObjectsSize", "RefService/ListRefs", "CommitService/CheckObjectsExist"))
CUT = b"the connection breaks here"  # what relay.py looks for
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
