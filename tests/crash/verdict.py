"""The comparison, when all is calm: what the senders' ledger, the hooks' ledger and the spool say of each webhook."""
import collections
import json
import math
import re
import socket

import place as places
import processes

NEVER = 17  # as in hook.c
DYING_MS = 5000  # so long after the spooler is killed may what it had started still run
REPORT = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error:|ThreadSanitizer|Assertion .* failed|stack smashing|buffer overflow detected'
                    r'|free\(\): |malloc\(\): |corrupted')
LEAKS = re.compile(r'[^\n]*ERROR: LeakSanitizer.*?SUMMARY:[^\n]*', re.DOTALL)
DIED = re.compile(r'(?:child|process|pid)[^\n]*signal(?:led|ed)?[: ]+\(?(\d+)', re.IGNORECASE)


def is_left_by_the_library(report):
    """A spooler that ends at once does not close Berkeley DB, whose memory is full of offsets, which no leak checker takes for pointers."""
    return all('libdb' in line for line in report.splitlines() if line.lstrip().startswith('#1'))


def without_leaks_of_no_account(text):
    return LEAKS.sub(lambda found: '' if is_left_by_the_library(found[0]) else found[0], text)


def reports(place):
    """What the logs have of a crash, or of a sanitizer's."""
    found = []
    for name in ('log', 'server.err', 'server.log'):
        for line in without_leaks_of_no_account(processes.read(f'{place.dir}/{name}')).splitlines():
            died = DIED.search(line) if name != 'log' else None
            if REPORT.search(line) or (died and int(died[1]) in processes.CRASHES):
                found.append(f'{name}: {line}')
    return found


class Control:
    """The operator's conversation: src/protocol/control.h."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.lines = self.socket.makefile('rb')

    def ask(self, **request):
        """The lines before the last."""
        self.socket.sendall(json.dumps(request).encode() + b'\n')
        rows = []
        for line in self.lines:
            row = json.loads(line)
            if 'end' in row or 'error' in row:
                return rows, row
            rows.append(row)
        raise OSError('the spooler hung up')

    def body(self, number):
        _, end = self.ask(verb='body', number=number)
        return self.lines.read(end['bytes'])


class Run:
    """What the hooks' ledger has of one delivery."""

    __slots__ = ('started', 'final')

    def __init__(self):
        self.started = (0, 0)  # when, and how many signals there had been
        self.final = False


class HookLedger:
    """Reads it from front to back, in the order in which it was written."""

    def __init__(self, path, webhooks):
        self.path, self.webhooks = path, webhooks
        self.runs = collections.defaultdict(Run)  # of (number, behaviour)
        self.furthest = {}  # of a lane: the last number that was started
        self.doubled, self.disordered, self.strange = [], [], []
        self.starts = self.signals = self.again = 0
        self.spooler_hit = -math.inf  # when the spooler or the runner was last
        self.id_of = {}

    def may_run_again(self, run):
        """It ended well, and that was not on disk: somebody was hit since it started, or those who started it had been, just before."""
        when, signals = run.started
        return self.signals > signals or when - self.spooler_hit < DYING_MS

    def is_strange(self, number, behaviour, name, checksum):
        webhook = self.webhooks.get(name)
        if webhook is None or behaviour not in places.BOUND[webhook.event]:
            return f'{behaviour} ran event {number}, id {name}, which no client sent for it'
        if int(checksum) != webhook.sum:
            return f'{behaviour} read another body of event {number} than {name} had'
        if self.id_of.setdefault(number, name) != name:
            return f'event {number} was {self.id_of[number]} and is {name}'
        return None

    def start(self, when, number, behaviour, name, checksum):
        run = self.runs[number, behaviour]
        strange = self.is_strange(number, behaviour, name, checksum)
        self.starts += 1
        if strange:
            self.strange.append(strange)
            return
        if run.final:
            self.again += 1
            if not self.may_run_again(run):
                self.doubled.append(f'event {number} was run by {behaviour} again, though it had ended well and nobody was hit')
        run.started, run.final = (when, self.signals), False
        if self.webhooks[name].lane:
            self.in_lane(self.webhooks[name].lane, number, behaviour)

    def in_lane(self, lane, number, behaviour):
        before = self.furthest.get(lane, 0)
        if number < before:
            self.disordered.append(f'event {number} of lane {lane} was run by {behaviour} after {before} of that lane')
        if number > before:
            if before:
                self.ended_before(lane, before)
            self.furthest[lane] = number

    def ended_before(self, lane, number):
        """A later event begins: all deliveries of NUMBER have succeeded, or failed for good, in a run that the ledger has."""
        for behaviour in places.BOUND[self.webhooks[self.id_of[number]].event]:
            run = self.runs.get((number, behaviour))
            if run is None or not run.final:
                self.disordered.append(f'event {number} of lane {lane} had not ended for {behaviour} when a later one began')

    def read(self):
        with open(self.path, encoding='utf-8') as file:
            for line in file:
                words = line.split()
                if words[0] == 'K':
                    self.signals += 1
                    if words[2] in ('spooler', 'runner', 'everybody'):
                        self.spooler_hit = int(words[1])
                elif words[0] == 'S':
                    self.start(int(words[1]), int(words[2]), words[4], words[5], words[6])
                elif words[0] == 'E':
                    self.runs[int(words[2]), words[4]].final = words[5] in ('0', '100')
                else:
                    self.disordered.append(f'event {words[2]}, {words[4]}, began beside {" ".join(words[5:])}')
        return self


class Verdict:
    def __init__(self, storm):
        self.storm, self.place = storm, storm.place
        self.control = Control(storm.place.control)
        self.senders = storm.senders + storm.probes
        self.webhooks = {webhook.id: webhook for sender in self.senders for webhook in sender.sent}
        self.faults = collections.defaultdict(list)
        self.status = self.control.ask(verb='status')[0][0]
        self.rows = [json.loads(line) for line in self.place.hookspool('list', '--json').splitlines()]
        self.ledger = HookLedger(self.place.ledger, self.webhooks).read()

    def fault(self, kind, text):
        self.faults[kind].append(text)

    def spool_and_senders(self):
        """Every 200 once in the spool, under the number that was answered each time; nothing that no client sent."""
        numbers = collections.defaultdict(list)
        for row in self.rows:
            numbers[row['id']].append(row['number'])
            if row['id'] not in self.webhooks:
                self.fault('strange', f'event {row["number"]}, id {row["id"]}, was sent by nobody')
            elif row['bytes'] != len(self.webhooks[row['id']].body):
                self.fault('strange', f'event {row["number"]}, id {row["id"]}, has {row["bytes"]} bytes')
        for name, them in numbers.items():
            if len(them) > 1:
                self.fault('doubled', f'{name} is there as the events {them}')
        if len({row['number'] for row in self.rows}) != len(self.rows):
            self.fault('doubled', 'a number is listed twice')
        for webhook in self.webhooks.values():
            told = {number for _, _, status, number in webhook.answers if status == 200}
            if told and webhook.id not in numbers:
                self.fault('lost', f'{webhook.id} was answered 200 as event {sorted(told)} and is not there')
            elif told and told != set(numbers[webhook.id]):
                self.fault('lost', f'{webhook.id} was answered 200 as event {sorted(told)} and is event {numbers[webhook.id]}')

    def lanes_of_senders(self):
        """A sender sends the next of a lane when it has its 200: numbers grow in that order."""
        last = {}
        for sender in self.storm.senders:
            for webhook in sender.sent:
                number = webhook.number()
                if not webhook.lane or webhook.given_up or number is None:
                    continue
                if number < last.get(webhook.lane, 0):
                    self.fault('disordered', f'{webhook.id} of lane {webhook.lane} is event {number}, after {last[webhook.lane]}')
                last[webhook.lane] = number

    def outcomes(self):
        """Each delivery has ended as its hook said, and as its hook always says."""
        for row in self.rows:
            webhook = self.webhooks.get(row['id'])
            bound = places.BOUND[webhook.event] if webhook else []
            want = 'unhandled' if not bound else 'dead' if webhook.event == 'fails' and row['number'] % NEVER == 0 else 'done'
            if webhook and row['state'] != want:
                self.fault('lost', f'event {row["number"]} ({webhook.event}) is {row["state"]}, not {want}')
            for behaviour in bound:
                run = self.ledger.runs.get((row['number'], behaviour))
                if run is None or not run.final:
                    self.fault('lost', f'event {row["number"]} is {row["state"]}, and {behaviour} never ended it')

    def attempts(self):
        """What was tried more than once: by signals that nobody sent, or with more attempts than there were starts and kills."""
        for row in self.rows:
            if row['attempts'] > 1:
                for delivery in self.control.ask(verb='show', number=row['number'])[0][0]['deliveries']:
                    self.history(row['number'], delivery)

    def history(self, number, delivery):
        for attempt in delivery['history']:
            if attempt['result'] == 'signal' and attempt['code'] in processes.CRASHES:
                self.fault('crashed', f'event {number}: {delivery["hook"]} ended by signal {attempt["code"]}')
            if attempt['result'] in ('nonsense', 'timeout') or REPORT.search(attempt['stderr']):
                self.fault('strange', f'event {number}: {attempt}')

    def counters(self):
        states = collections.Counter()
        for row in self.rows:
            for behaviour in places.BOUND[self.webhooks[row['id']].event] if row['id'] in self.webhooks else []:
                states['dead' if behaviour == 'fails' and row['number'] % NEVER == 0 else 'done'] += 1
        states['unhandled'] = sum(row['state'] == 'unhandled' for row in self.rows)
        want = {'events': len(self.rows), 'done': states['done'], 'dead': states['dead'], 'unhandled': states['unhandled'], 'queued': 0,
                'running': 0, 'dropped': 0, 'rejected': 0}
        for name, number in want.items():
            if self.status[name] != number:
                self.fault('miscounted', f'status says {self.status[name]} {name}, there are {number}')

    def bodies(self):
        """Of those whose hook did not look, some."""
        them = [row for row in self.rows if row['state'] == 'unhandled']
        for row in them[::max(1, len(them) // 50)]:
            if row['id'] in self.webhooks and self.control.body(row['number']) != self.webhooks[row['id']].body:
                self.fault('strange', f'event {row["number"]} has another body than {row["id"]}')

    def reach(self):
        self.spool_and_senders()
        self.lanes_of_senders()
        self.outcomes()
        self.attempts()
        self.counters()
        self.bodies()
        self.faults['doubled'] += self.ledger.doubled
        self.faults['disordered'] += self.ledger.disordered
        self.faults['strange'] += self.ledger.strange
        self.faults['crashed'] += self.storm.reaper.crashed + reports(self.place)
        return self
