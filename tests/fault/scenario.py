"""Some seconds of a service's life under one fault, and what must be true afterwards."""
import json
import os
import re
import signal
import time

from service import PATH, body, processes, request, wait_for

SUBMIT_AGAIN = 2  # what a sender does in the fault's time
QUIET = 0.25      # seconds in which nobody has anything to do
BUSY = 0.5        # of a processor, by one process, then and in a longer while after it
SETTLE = 30       # seconds until all is done without a fault, on a busy machine


class Broken(Exception):
    """Something that must not be."""


class Ledger:
    """What was posted, and what became of it as the sender sees it."""

    def __init__(self):
        self.posted = {}    # (id, kind): bytes
        self.answered = {}  # (id, kind): number
        self.refused = []   # (id, kind, status)

    def take(self, key, status, answer):
        if status != 200:
            self.refused.append((*key, status))
            return
        number = answer.get('number')
        if self.answered.setdefault(key, number) != number:
            raise Broken(f'doubled: {key} is event {self.answered[key]} and {number}')


class Scenario:
    def __init__(self, service, ledger, lasting=False):
        self.service, self.ledger, self.lasting = service, ledger, lasting
        self.commands_failed = []
        self.restarts = 0
        self.down = False  # nothing was taken the last time
        self.unclean = []

    def post(self, events, pause=0.0, again=SUBMIT_AGAIN):
        """[(id, kind, size)] at once, and again what was not answered 200, as senders do."""
        todo = []
        for identity, kind, size in events:
            key = (identity, kind)
            self.ledger.posted.setdefault(key, request('POST', PATH, body(identity, kind, size)))
            todo.append(key)
        for _ in range(1 if self.down else again):
            self.look()
            answers = self.service.post([(self.ledger.posted[key], pause) for key in todo], 5)
            for key, (status, answer) in zip(todo, answers):
                self.ledger.take(key, status, answer)
            todo = [key for key, (status, _) in zip(todo, answers) if status != 200]
            self.down = all(status != 200 for status, _ in answers)
            if not todo:
                return

    def look(self):
        """The web server's part: another responder for one that has ended."""
        s = self.service
        if s.has_ended(s.responder) and self.restarts < 4:
            if s.ended[s.responder][0] != 0:
                self.unclean.append(('hookspool.fcgi', s.ended[s.responder][0]))
            self.restarts += 1
            s.start_responder()

    def command(self, *arguments, text=b'', may=(0,)):
        status, _ = self.service.command(list(arguments), text=text)
        if status is None and not self.lasting:  # one that lasts may be waited out, if the log says so
            raise Broken(f'hang: hookspool {" ".join(arguments)} has not ended')
        if status not in may:
            self.commands_failed.append((arguments, status))

    def operate(self):
        self.command('status')
        self.command('list')
        self.command('show', '1')
        self.command('body', '1')
        self.command('check')
        self.command('sign', 'anycheck', text=body('signed', 'completed'))
        self.command('suspend', 'anycheck/verification.completed')
        self.post([('v5', 'completed', 0)])
        self.command('drop', '--state', 'dead')
        self.command('retry', '--force', '2', may=(0, 1))
        self.command('resume', 'anycheck/verification.completed')
        self.command('reload')

    def restart(self):
        if not self.service.stop(self.service.spooler()):
            raise Broken('hang: hookspoold does not end when it is told to')

    def play(self):
        s = self.service
        s.start_responder()
        self.post([('v1', 'needs_review', 0), ('v2', 'completed', 3000), ('v3', 'failed', 0)])
        self.post([('v4', 'completed', 40000)], pause=0.06)
        s.post([(request('POST', PATH, body('bad', 'completed'), sign=False), 0), (request('GET', '/health'), 0),
                (request('POST', PATH, body('wrong', 'wrong')), 0)])
        self.post([('v2', 'completed', 3000), ('v1', 'completed', 0)])
        self.operate()
        self.post([(f'large{i}', 'completed', 1000000) for i in range(9)])
        time.sleep(0.3)
        self.post([('v6', 'completed', 0), ('v6', 'needs_review', 0)])
        self.restart()
        self.post([('v7', 'completed', 0), ('v8', 'failed', 0), ('v8', 'needs_review', 0)])

    def busy(self, seconds):
        before = processes()
        time.sleep(seconds)
        after = processes()
        return {pid: name for pid, (name, used) in after.items()
                if pid in before and used - before[pid][1] > seconds * BUSY}

    def look_for_loops(self):
        wait_for(3, lambda: not self.busy(QUIET))
        if first := self.busy(QUIET):
            again = self.busy(1.0)
            if spinning := {name for pid, name in again.items() if pid in first}:
                raise Broken(f'busy: {", ".join(sorted(spinning))}')


def crashes(service):
    """Signals that nobody here has sent."""
    return [(pid, os.WTERMSIG(status)) for pid, (status, _) in service.ended.items()
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in (signal.SIGKILL, signal.SIGTERM)]


def listing(service):
    status, text = service.command(['list', '--json'], faults=False)
    if status != 0:
        return None
    return [json.loads(line) for line in text.splitlines()]


def settled(service):
    events = listing(service)
    if events is None:
        return None
    if any(e['state'] not in ('done', 'rejected', 'dropped') for e in events):
        service.command(['retry', '--state', 'dead'], faults=False)
        return None
    return events


def recover(service, ledger):
    """Without the fault: senders send what was not answered 200, and all is done."""
    service.start_responder(faults=False)
    end = time.monotonic() + SETTLE
    todo = list(ledger.posted)
    while todo:
        answers = service.post([(ledger.posted[key], 0) for key in todo])
        for key, (status, answer) in zip(todo, answers):
            ledger.take(key, status, answer)
        todo = [key for key, (status, _) in zip(todo, answers) if status != 200]
        if todo and time.monotonic() > end:
            raise Broken(f'hang: {todo[0]} is answered {[s for s, _ in answers if s != 200][0]} without a fault')
    service.command(['resume', *('anycheck/verification.' + kind for kind in ('completed', 'failed', 'needs_review'))],
                    faults=False)
    if (events := wait_for(SETTLE, lambda: settled(service))) is None:
        raise Broken(f'hang: not all is done: {listing(service)}')
    return events


def compare(service, ledger, events):
    kept = [e for e in events if e['state'] != 'rejected']
    numbers = {e['number'] for e in kept}
    keys = [(re.split(r'[\s\x01]', e['id'])[0], e['event'].split('.')[1]) for e in kept]
    if len(set(keys)) != len(keys):
        raise Broken(f'doubled: {sorted(k for k in set(keys) if keys.count(k) > 1)}')
    if strangers := set(keys) - set(ledger.posted):
        raise Broken(f'invented: {strangers}')
    if lost := {k: n for k, n in ledger.answered.items() if n not in numbers or k not in keys}:
        raise Broken(f'lost: {lost}')
    ran = {int(n) for n in service.read('ran').split()}
    if skipped := {e['number'] for e in kept if e['state'] == 'done'} - ran:
        raise Broken(f'skipped: no hook ran for {skipped}')
