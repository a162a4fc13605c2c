"""What the storm does to whom, and when: all of it out of the seed."""
import os
import random
import signal
import time

import processes

KILLS = {'spooler': 20, 'runner': 9, 'keeper': 14, 'hook': 14, 'worker': 9, 'responder': 16, 'starter': 3, 'server': 2, 'everybody': 2}
STOPS = {'spooler': 5, 'runner': 4, 'keeper': 4, 'hook': 4, 'worker': 3, 'responder': 4}
BURST = 0.3  # so many decisions come several times in a row: what was killed is killed again while it starts
BURST_GAP = 0.06  # seconds at most: a recovery takes about as long
MOST = 64  # signals of a decision


def weighted(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


class Decision:
    """The same draws each time, whatever comes of them."""

    def __init__(self, rng):
        self.stop = rng.random() < 0.25
        self.kind = weighted(rng, STOPS if self.stop else KILLS)
        self.times = rng.randint(2, 6) if rng.random() < BURST and not self.stop else 1
        self.gaps = [rng.random() ** 2 * BURST_GAP for _ in range(6)]
        self.which = [rng.random() for _ in range(6)]
        self.all = rng.random() < 0.15
        self.stopped = rng.choice((0.005, 0.02, 0.1, 0.3, 0.7))
        lull = rng.random()
        spans = (0.003, 0.06) if lull < 0.55 else (0.1, 0.4) if lull < 0.93 else (0.4, 1.5)
        self.lull = rng.uniform(*spans)


class Storm:
    """Carries decisions out.  KILLED are (when, kind, how) of each signal; the hooks' ledger has a line of each, too."""

    def __init__(self, place, seed, reaper):
        self.place, self.reaper = place, reaper
        self.random = random.Random(seed)
        self.killed = []
        self.ledger = os.open(place.ledger, os.O_WRONLY | os.O_APPEND)

    def note(self, kind, how):
        """Before it is done, so that nothing that comes of it stands before it."""
        os.write(self.ledger, f'K {int(time.monotonic() * 1000)} {kind} {how}\n'.encode())

    def signal(self, kind, number, how, which, everyone):
        them = processes.descendants()[kind]
        if not them:
            return []
        chosen = them[:MOST] if everyone else [them[int(which * len(them))]]
        self.note(kind, how)
        hit = [(pid, parent) for pid, parent in chosen if processes.send(pid, parent, number)]
        now = time.monotonic()
        self.killed += [(now, kind, how)] * len(hit)
        return hit

    def kill(self, kind, which, everyone):
        if kind == 'everybody':
            for one in ('spooler', 'runner', 'responder', 'keeper'):
                self.signal(one, signal.SIGKILL, 'kill', 0, True)
        elif kind == 'server':
            self.note(kind, 'kill')
            self.place.kill_server()
            self.killed.append((time.monotonic(), kind, 'kill'))
            self.place.start_server()
        else:
            self.signal(kind, signal.SIGKILL, 'kill', which, everyone)

    def stop(self, decision):
        stopped = self.signal(decision.kind, signal.SIGSTOP, 'stop', decision.which[0], decision.all)
        time.sleep(decision.stopped)
        for pid, parent in stopped:
            processes.send(pid, parent, signal.SIGCONT)
        if stopped:
            self.note(decision.kind, 'continue')
            self.killed.append((time.monotonic(), decision.kind, 'continue'))

    def carry_out(self, decision):
        if decision.stop:
            self.stop(decision)
        for i in range(0 if decision.stop else decision.times):
            self.kill(decision.kind, decision.which[i], decision.all)
            if i + 1 < decision.times:
                time.sleep(decision.gaps[i])
        time.sleep(decision.lull)
        self.look_after_the_server()

    def look_after_the_server(self):
        """As whoever supervises it: one that did not come up, for its port or its socket was not free yet, is started again."""
        if any(pid in self.reaper.ended for pid in self.place.roots):
            self.kill('server', 0, True)

    def run(self, until):
        while time.monotonic() < until:
            self.carry_out(Decision(self.random))
        for them in processes.descendants().values():
            for pid, parent in them:
                processes.send(pid, parent, signal.SIGCONT)


def returns(killed, senders):
    """Of each signal after which service had time to come back: how long that took, in seconds, from the last one before it did."""
    answered = sorted((sent, done) for sender in senders for webhook in sender.sent for sent, done, status, _ in webhook.answers if status == 200)
    best = []  # of those sent from here on, the first that was answered
    first = float('inf')
    for _, done in reversed(answered):
        first = min(first, done)
        best.append(first)
    best.reverse()
    taken = []
    at = 0
    for i, (when, kind, how) in enumerate(killed):
        if how == 'stop':
            continue
        while at < len(answered) and answered[at][0] < when:
            at += 1
        back = best[at] if at < len(best) else float('inf')
        if i + 1 < len(killed) and killed[i + 1][0] < back:
            continue
        taken.append((back - when, kind, how))
    return taken
