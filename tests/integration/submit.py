#!/usr/bin/env python3
"""Whoever holds the submit socket, playing: frames of hookspool's protocol, right and wrong.

submit.py SOCKET burst CONNECTIONS FRAMES PID   questions in one piece each, sent while the process stands still for 0.8 s; prints how
                                            many answers of which kind came
submit.py SOCKET forge CASE                 one webhook with something wrong; prints the answer's kind
submit.py SOCKET silent CONNECTIONS         connections that say nothing, until standard input ends
submit.py SOCKET half CONNECTIONS BYTES     frames of 64 MB of which so many bytes come, until standard input ends
submit.py SOCKET starve                     half frames that take all the memory there is and each wait for more, until standard input ends
submit.py PORT health TOTAL AT-ONCE PATH    GETs; prints how many answers of which status came
"""
import collections
import os
import signal
import socket
import struct
import sys
import threading
import time

BODY = b'{"event":"verification.completed","verification_id":"%s","status":"COMPLETED","output":{"verified":true}}'


def text(value):
    return struct.pack('>I', len(value)) + value


def submission(sequence, record=b''):
    payload = struct.pack('>BQ', 2, sequence) + record
    return struct.pack('>I', len(payload)) + payload


def record(name, kind=1, secret=1, source=b'anycheck', event=b'verification.completed', key=None, lane=None,
           media=b'application/json', reason=b'', guard=b'', env=(), received=1, more=b''):
    body = BODY % name + more
    key = b's' + name + b'\x01sverification.completed\x01' if key is None else key
    lane = name if lane is None else lane
    texts = b''.join(map(text, (source, event, name, key, lane, b'192.0.2.1', media, reason, guard)))
    names = struct.pack('>H', len(env)) + b''.join(text(k) + text(v) for k, v in env)
    head = 20 + len(texts) + len(names)
    return struct.pack('>BBHIQI', 2, kind, secret, head, received, len(body)) + texts + names + body


def forged(case):
    if case.startswith('env:'):
        return record(case.encode(), env=((case[4:].encode(), b'/tmp/x.so'),))
    return {
        'fine': lambda: record(b'fine', env=((b'CUSTOMER', b'fine'),)),
        'future': lambda: record(b'future', received=1 << 62),
        'twice': lambda: record(b'twice', env=((b'CUSTOMER', b'a'), (b'CUSTOMER', b'b'))),
        'kind': lambda: record(b'kind', kind=3),
        'no-secret': lambda: record(b'no-secret', secret=0),
        'secret-99': lambda: record(b'secret-99', secret=99),
        'source': lambda: record(b'source', source=b'elsewhere'),
        'no-key': lambda: record(b'no-key', key=b''),
        'key-parts': lambda: record(b'key-parts', key=b'sx\x01'),
        'key-origin': lambda: record(b'key-origin', key=b'hx\x01sy\x01'),
        'key-form': lambda: record(b'key-form', key=b'sx\x02y\x01sz\x01'),
        'guard': lambda: record(b'guard', guard=b'gx\x01'),
        'type': lambda: record(b'type', event=b'a\nb'),
        'media': lambda: record(b'media', media=b'text/plain'),
        'reason': lambda: record(b'reason', reason=b'because'),
        'long': lambda: record(b'long', more=b' ' * (2 << 20)),
    }[case]()


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(struct.pack('>IBIH', 7, 1, 0x686b7370, 1))
    return s


def answers(s, n):
    """Kinds of the next N answers; the greeting is passed over."""
    data = b''
    kinds = []
    while len(kinds) < n:
        while len(data) >= 4 and len(data) >= 4 + struct.unpack('>I', data[:4])[0]:
            size = 4 + struct.unpack('>I', data[:4])[0]
            if data[4] == 3:
                kinds.append(data[13])
            data = data[size:]
        if len(kinds) < n:
            more = s.recv(65536)
            if not more:
                break
            data += more
    return kinds


def burst(path, connections, frames, pid):
    counted = collections.Counter()
    sockets = [connect(path) for _ in range(connections)]
    for s in sockets:
        s.recv(11)

    def one(s):
        threading.Thread(target=send, args=(s, b''.join(map(submission, range(frames)))), daemon=True).start()
        counted.update(answers(s, frames))

    threads = [threading.Thread(target=one, args=(s,), daemon=True) for s in sockets]
    os.kill(pid, signal.SIGSTOP)
    for t in threads:
        t.start()
    time.sleep(0.8)
    os.kill(pid, signal.SIGCONT)
    for t in threads:
        t.join(60)
    return counted


def health(port, total, at_once, path):
    counted = collections.Counter()
    left = iter(range(total))

    def one():
        for _ in left:
            try:
                with socket.create_connection(('127.0.0.1', port), 30) as s:
                    s.sendall(b'GET %s HTTP/1.0\r\nHost: x\r\n\r\n' % path.encode())
                    counted[s.recv(4096)[9:12].decode()] += 1
            except OSError as e:
                counted[str(e)] += 1

    threads = [threading.Thread(target=one) for _ in range(at_once)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return counted


def main():
    where, what, *words = sys.argv[1:]
    if what == 'burst':
        print(*(f'{n} of {kind}' for kind, n in sorted(burst(where, *map(int, words)).items())))
    elif what == 'forge':
        s = connect(where)
        s.sendall(submission(1, forged(words[0])))
        print(*answers(s, 1))
    elif what == 'health':
        counted = health(int(where), int(words[0]), int(words[1]), words[2])
        print(*(f'{n} of {status}' for status, n in sorted(counted.items())))
    elif what == 'starve':
        kept = [starving(where, size) for size in [16 << 20] * 16 + [4 << 20, 512 << 10]]
        time.sleep(0.3)
        for s in kept:
            send(s, b'x' * 1024)
        print('ready', flush=True)
        sys.stdin.read()
    else:
        kept = []
        for _ in range(int(words[0])):
            s = socket.socket(socket.AF_UNIX)
            s.connect(where)
            kept.append(s)
            if what == 'half':
                s.sendall(struct.pack('>IBIH', 7, 1, 0x686b7370, 1))
                frame = struct.pack('>IBQ', 64 << 20, 2, 1) + b'x' * int(words[1])
                threading.Thread(target=send, args=(s, frame), daemon=True).start()
        time.sleep(0.5)
        print('ready', flush=True)
        sys.stdin.read()


def starving(path, size):
    """One byte less than its buffer has room for.  On a slow machine the first may be cut off before the last are there."""
    s = connect(path)
    s.recv(11)
    head = struct.pack('>IBQ', 64 << 20, 2, 1)
    send(s, head + b'x' * (size - 1 - len(head)))
    return s


def send(s, data):
    try:
        s.sendall(data)
    except OSError:
        pass


main()
