#!/usr/bin/python3
"""relay.py PORT TARGET-PORT: passes connections on, and breaks one where the target's side sends wire.CUT: a server that is lost inside a message, which
none of the libraries would do by itself."""
import socket, sys, threading
from wire import CUT

port, target = map(int, sys.argv[1:3])


def end(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def forward(source, destination, cut):
    tail = b""
    try:
        while data := source.recv(262144):
            at = (tail + data).find(CUT) if cut else -1
            if at >= 0:
                destination.sendall(data[:max(0, at - len(tail))])
                break
            tail = data[1 - len(CUT):]
            destination.sendall(data)
    except OSError:
        pass
    end(source, destination)


def relay(client):
    try:
        server = socket.create_connection(("127.0.0.1", target))
    except OSError:
        return client.close()
    for one in (client, server):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=forward, args=(server, client, True), daemon=True)
    back.start()
    forward(client, server, False)
    back.join()
    client.close(), server.close()


listener = socket.create_server(("127.0.0.1", port))
while True:
    threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()
