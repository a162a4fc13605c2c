"""Those who send webhooks: what the sender does, with a ledger of what was sent and what was answered."""
import hashlib
import hmac
import json
import random
import socket
import threading
import time
import zlib

TIMEOUT = 5.0  # AnyCheck's
RETRIES = (5.0, 25.0, 125.0)  # seconds; divided by the storm's scale
TYPES = ['quick'] * 5 + ['none'] * 4 + ['worker'] * 4 + ['both'] * 2 + ['fails'] * 2 + ['slow', 'children', 'output']
REPEAT = 0.1  # of what was answered 200, so much is sent again
LANE = 0.6  # so much is in a lane
LARGE = 0.02  # so much has a body that no buffer holds at once


class Webhook:
    __slots__ = ('id', 'event', 'lane', 'body', 'sum', 'answers', 'given_up')

    def __init__(self, name, event, lane, pad):
        self.id, self.event, self.lane = name, event, lane
        what = {'event': event, 'id': name}
        if lane:
            what['lane'] = lane
        what['pad'] = 'x' * pad
        self.body = json.dumps(what).encode()
        self.sum = zlib.adler32(self.body)
        self.answers = []  # (sent, answered, status, number)
        self.given_up = False

    def number(self):
        return next((number for _, _, status, number in self.answers if status == 200), None)


class Post:
    """One POST at a time, over a connection of its own."""

    def __init__(self, place):
        self.address = ('127.0.0.1', place.port)
        self.secret = place.secret.encode()

    def exchange(self, body):
        signature = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        head = (f'POST /storm HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Signature: {signature}\r\n'
                f'Content-Length: {len(body)}\r\n\r\n')
        until = time.monotonic() + TIMEOUT
        answer = b''
        with socket.create_connection(self.address, TIMEOUT) as s:
            s.sendall(head.encode() + body)
            while True:
                s.settimeout(max(0.001, until - time.monotonic()))
                more = s.recv(65536)
                if not more:
                    return answer
                answer += more

    def send(self, webhook):
        """Returns the status, or 0: nothing, or nothing whole, came back."""
        sent = time.monotonic()
        status, number = 0, None
        try:
            head, _, text = self.exchange(webhook.body).partition(b'\r\n\r\n')
            status = int(head[9:12])
            number = json.loads(text).get('number') if status == 200 else None
        except (OSError, ValueError):
            status = 0
        if status == 200 and number is None:
            status = 0  # it was cut off
        webhook.answers.append((sent, time.monotonic(), status, number))
        return status


class Sender(threading.Thread):
    """Sends one webhook after the other, each as often as it takes or as the sender would."""

    def __init__(self, storm, name, pause):
        super().__init__(daemon=True)
        self.storm, self.prefix, self.pause = storm, name, pause
        self.random = random.Random(f'{storm.seed}/{name}')
        self.post = Post(storm.place)
        self.sent = []
        self.lanes = [f'{name}.{i}' for i in range(2)]

    def next(self):
        event = self.random.choice(TYPES)
        lane = self.random.choice(self.lanes) if self.random.random() < LANE else ''
        pad = self.random.randrange(400_000) if self.random.random() < LARGE else self.random.randrange(600)
        if self.storm.backlog() > self.storm.backlog_max:
            event = 'none'
        return Webhook(f'{self.prefix}-{len(self.sent)}', event, lane, pad)

    def gives_up(self):
        return self.storm.over.is_set()

    def deliver(self, webhook):
        for delay in (*RETRIES, None):
            if self.post.send(webhook) == 200:
                return True
            if delay is None or self.gives_up():
                break
            time.sleep(delay / self.storm.scale)
        webhook.given_up = True
        return False

    def run(self):
        while not self.storm.over.is_set():
            webhook = self.next()
            self.sent.append(webhook)
            if self.deliver(webhook) and self.random.random() < REPEAT:
                self.deliver(self.random.choice(self.sent[-20:]))
            time.sleep(self.pause)


class Probe(Sender):
    """Asks all the time whether webhooks are taken, and never waits to ask again."""

    def __init__(self, storm, name):
        super().__init__(storm, name, 0.02)

    def next(self):
        return Webhook(f'{self.prefix}-{len(self.sent)}', 'none', '', 0)

    def deliver(self, webhook):
        if self.post.send(webhook) == 200:
            return True
        webhook.given_up = True
        return False
