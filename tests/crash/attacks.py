#!/usr/bin/env python3
"""What a hostile web-server user does with the submit socket: attacks.py ATTACK SOCKET SECONDS.

Each attack is a generator of steps; it is driven as fast as it goes, until the time is over.  The protocol: src/protocol/submit.h.
"""
import os
import random
import resource
import selectors
import socket
import struct
import sys
import threading
import time

HELLO = struct.pack('>IBIH', 7, 1, 0x686b7370, 1)
ACK_SIZE = 22
BODY_MAX = 1 << 20  # the source's max-body


def text(value):
    return struct.pack('>I', len(value)) + value


def frame(sequence, record=b''):
    payload = struct.pack('>BQ', 2, sequence) + record
    return struct.pack('>I', len(payload)) + payload


def record(name, source=b'storm', kind=1, pad=0, env=()):
    """An event's record (src/protocol/event.h), as a responder would make it of a webhook without hooks."""
    body = b'{"event":"none","id":"%s","pad":"' % name + b'x' * pad + b'"}'
    texts = b''.join(map(text, (source, b'none', name, b's' + name + b'\x01', b'', b'192.0.2.1', b'application/json', b'', b'')))
    names = struct.pack('>H', len(env)) + b''.join(text(k) + text(v) for k, v in env)
    return struct.pack('>BBHIQI', 2, kind, 1, 20 + len(texts) + len(names), 1, len(body)) + texts + names + body


def dial(path, hello=HELLO, blocking=True):
    """A connection, or None: there is no place for it now."""
    s = None
    try:
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(blocking)
        s.connect(path)
        if hello:
            s.sendall(hello)
    except OSError:
        if s is not None:
            s.close()
        return None
    s.setblocking(False)
    return s


def push(s, data):
    """As much of it as is taken now.  Returns how much, or -1: it was hung up on."""
    try:
        return s.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return -1


def pull(s):
    """Reads what is there.  Returns False when it was hung up on."""
    try:
        return s.recv(1 << 16) != b''
    except BlockingIOError:
        return True
    except OSError:
        return False


def hold(path, hello):
    """Open connections, up to so many, and have all of them stay."""
    kept, wanted = [], min(25_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 20)
    while True:
        s = dial(path, hello, blocking=False)
        if s is not None:
            kept.append(s)
        if len(kept) >= wanted:
            del kept[:wanted // 10]
        yield


def silent(path):
    return hold(path, b'')


def greeted(path):
    return hold(path, HELLO)


def churn(path):
    while True:
        s = dial(path, b'', blocking=False)
        if s is not None:
            s.close()
        yield


def churn_greeted(path):
    while True:
        s = dial(path, HELLO, blocking=False)
        if s is not None:
            s.close()
        yield


def stream(path, connections, make, read):
    """Each of so many connections sends what MAKE gives, without end; READ the acks, or don't."""
    open_ones, rests = [], {}
    selector = selectors.DefaultSelector()
    while True:
        while len(open_ones) < connections:
            s = dial(path, blocking=False)
            if s is None:
                break
            open_ones.append(s)
            rests[s] = b''
            selector.register(s, selectors.EVENT_WRITE | (selectors.EVENT_READ if read else 0))
        for key, events in selector.select(0.01):
            s = key.fileobj
            alive = not events & selectors.EVENT_READ or pull(s)
            if alive and events & selectors.EVENT_WRITE:
                data = rests[s] or make()
                sent = push(s, data)
                alive = sent >= 0
                rests[s] = data[max(sent, 0):]
            if not alive:
                selector.unregister(s)
                open_ones.remove(s)
                del rests[s]
                s.close()
        yield


class Names:
    """A webhook that nobody sent before, each time."""

    def __init__(self):
        self.n = 0

    def next(self):
        self.n += 1
        return b'evil-%d-%d' % (os.getpid(), self.n)


def batch_of(n, pad=0, **more):
    names = Names()
    return lambda: b''.join(frame(names.n, record(names.next(), pad=pad, **more)) for _ in range(n))


def always(data):
    return lambda: data


def half(path):
    return stream(path, 300, always(struct.pack('>IBQ', 64 << 20, 2, 1) + b'x' * (1 << 20)), True)


def giant(path):
    return stream(path, 50, always(struct.pack('>IBQ', 0xffffffff, 2, 1) + b'x' * 1000), True)


def bytewise(path):
    data = frame(1, record(b'evil-slow', pad=2000))

    def one():
        one.at = (one.at + 1) % len(data)
        return data[one.at:one.at + 1]
    one.at = 0
    return stream(path, 100, one, True)


def deaf(path):
    return stream(path, 200, always(frame(1) * 5000), False)


def questions(path):
    return stream(path, 200, always(frame(1) * 5000), True)


def duplicates(path):
    return stream(path, 200, always(b''.join(frame(i, record(b'evil-twin')) for i in range(1000))), True)


def valid(path):
    return stream(path, 200, batch_of(100), True)


def valid_deaf(path):
    return stream(path, 200, batch_of(100), False)


def unknown(path):
    return stream(path, 200, always(frame(1, record(b'evil', source=b'elsewhere')) * 1000), True)


def forged(path):
    return stream(path, 200, always(frame(1, record(b'evil', env=((b'LD_PRELOAD', b'/tmp/x.so'),))) * 1000), True)


def large(path):
    return stream(path, 500, batch_of(1, pad=BODY_MAX - 100), True)


def lingering():
    """A TCP socket whose last close waits for a reader of what was sent, for hours, and that reader, who never reads."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        one = socket.create_connection(listener.getsockname())
        other = listener.accept()[0]
    one.setblocking(False)
    while push(one, b'x' * 65536) > 0:
        pass
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 30000))
    return one, other


def passer(path):
    """Passes such descriptors; a kernel may refuse that."""
    kept = []
    while True:
        s = dial(path)
        if s is not None:
            one, other = lingering()
            try:
                socket.send_fds(s, [HELLO], [one.fileno()])
            except OSError:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 0, 0))
            threading.Thread(target=one.close, daemon=True).start()  # whose close is the last waits
            kept.append(other)
            if len(kept) > 100:
                kept.pop(0).close()
            s.close()
        yield


def noise(path):
    return stream(path, 100, lambda: random.randbytes(1000), True)


ATTACKS = {one.__name__: one for one in (silent, greeted, churn, churn_greeted, half, giant, bytewise, deaf, questions, duplicates, valid,
                                         valid_deaf, unknown, forged, large, passer, noise)}


def main():
    name, path, seconds = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    until = time.monotonic() + float(seconds)
    for _ in ATTACKS[name](path):
        if time.monotonic() >= until:
            break


if __name__ == '__main__':
    main()
