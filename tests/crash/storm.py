#!/usr/bin/env python3
"""The kill storm; README says what it does and how to read what it prints."""
import argparse
import collections
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

import decisions
import place
import processes
import senders
import verdict

SCALE = 25.0  # the sender's pauses before it tries again are divided by this
DRAIN = 180  # seconds until all that was accepted must have run
BACK = 15.0  # a return that takes longer is a failure, on whatever machine; what is promised is 2 s
CALM = {'server', 'responder', 'starter', 'spooler', 'runner', 'reaper', 'keeper', 'worker', 'sh', 'spawn-fcgi'}  # who may be there when nothing runs


class Backlog(threading.Thread):
    """What the spooler says is queued, when it says anything: senders go easy when it is long."""

    def __init__(self, control):
        super().__init__(daemon=True)
        self.control, self.queued = control, 0

    def run(self):
        while True:
            try:
                self.queued = verdict.Control(self.control).ask(verb='status')[0][0]['queued']
            except (OSError, ValueError, IndexError):
                pass
            time.sleep(0.5)


class Storm:
    """All that goes on at once."""

    def __init__(self, options, where):
        self.seed, self.scale, self.place = options.seed, SCALE, where
        self.backlog_max = options.backlog
        self.over = threading.Event()
        self.reaper = processes.Reaper()
        self.queue = Backlog(where.control)
        self.senders = [senders.Sender(self, f's{i}', options.pause) for i in range(options.senders)]
        self.probes = [senders.Probe(self, f'p{i}') for i in range(4)]
        self.drained = False
        self.decisions = decisions.Storm(where, options.seed, self.reaper)

    def backlog(self):
        return self.queue.queued

    def blow(self, seconds):
        self.place.start_server()
        self.reaper.start()
        wait_for(30, lambda: self.probes[0].deliver(self.another_probe()), 'the first webhook was not taken')
        for thread in [self.queue, *self.senders, *self.probes]:
            thread.start()
        time.sleep(0.2)
        self.decisions.run(time.monotonic() + seconds)
        time.sleep(0.5)
        self.over.set()
        for thread in self.senders + self.probes:
            thread.join(senders.RETRIES[-1] / self.scale + 2 * senders.TIMEOUT)
        wait_for(30, lambda: self.probes[0].deliver(self.another_probe()), 'no webhook was taken when all was over')

    def another_probe(self):
        webhook = self.probes[0].next()
        self.probes[0].sent.append(webhook)
        return webhook

    def calm_down(self):
        self.drained = wait_for(DRAIN, self.is_drained, None)
        self.reaper.stop()

    def is_drained(self):
        status = verdict.Control(self.place.control).ask(verb='status')[0][0]
        return status['queued'] == 0 and status['running'] == 0

    def left(self):
        """Who is there and should not be, while nothing runs."""
        wait_for(20, lambda: not self.strangers(), None)
        return self.strangers()

    def strangers(self):
        return [f'{kind} {them}' for kind, them in processes.descendants().items() if kind not in CALM]

    def end(self):
        """Returns who is left when all were told to end."""
        for pid in self.place.roots:
            os.kill(pid, signal.SIGTERM)
        # One that has something in hand yet would start the spooler again.
        wait_for(20, lambda: reap() and not processes.descendants()['responder'], None)
        os.kill(self.place.spooler(), signal.SIGTERM)
        wait_for(30, lambda: reap() and not processes.descendants(), None)
        left = [f'{kind} {them}' for kind, them in processes.descendants().items()]
        kill_all()
        return left


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    return True


def kill_all():
    """Whoever is there; also who starts while the others are killed."""
    for _ in range(200):
        them = processes.descendants()
        for pid, parent in [one for some in them.values() for one in some]:
            processes.send(pid, parent, signal.SIGKILL)
        reap()
        if not them:
            return
        time.sleep(0.01)


def wait_for(seconds, condition, what):
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return True
        except (OSError, ValueError, IndexError):
            pass
        if time.monotonic() >= until:
            if what:
                raise SystemExit(f'storm: {what} within {seconds} s')
            return False
        time.sleep(0.05)


def count(pairs):
    return ', '.join(f'{what} {n}' for what, n in sorted(collections.Counter(pairs).items()))


def tell_returns(taken):
    """Returns whether none took too long."""
    them = sorted(seconds for seconds, _, _ in taken)
    if not them:
        print('returns: none was measured')
        return True
    slowest = sorted(taken, reverse=True)[:3]
    print(f'returns: {len(them)} measured, median {them[len(them) // 2]:.3f} s, p99 {them[len(them) * 99 // 100]:.3f} s, '
          f'slowest {them[-1]:.3f} s, above 2 s: {sum(one > 2 for one in them)}; after '
          + ', '.join(f'{how} of {kind} {seconds:.3f} s' for seconds, kind, how in slowest))
    return them[-1] <= BACK


def tell(storm, judged, left):
    answers = [status for sender in judged.senders for webhook in sender.sent for _, _, status, _ in webhook.answers]
    accepted = sum(webhook.number() is not None for webhook in judged.webhooks.values())
    killed = storm.decisions.killed
    print(f'seed {storm.seed}, {storm.place.server}, the sender\'s pauses divided by {SCALE:g}')
    print(f'signals: {len(killed)}: ' + count(f'{how} {kind}' for _, kind, how in killed))
    print('ends seen: ' + ', '.join(f'{kind} {how} {n}' for (kind, how), n in sorted(storm.reaper.ends.items())))
    print(f'webhooks: {len(judged.webhooks)} sent in {len(answers)} requests, answered ' + count(str(one or 'nothing') for one in answers)
          + f'; {accepted} accepted, {len(judged.rows)} in the spool, {judged.ledger.starts} runs')
    quick = tell_returns(decisions.returns(killed, judged.senders))
    if not storm.drained:
        judged.fault('lost', f'what was accepted had not all run after {DRAIN} s of calm')
    if left:
        judged.fault('left over', ', '.join(left))
    for kind, them in judged.faults.items():
        for one in them[:20]:
            print(f'{kind}: {one}')
    names = ('lost', 'doubled', 'disordered', 'strange', 'miscounted', 'crashed', 'left over')
    print(f'kills {len(killed)}, accepted {accepted}, runs {judged.ledger.starts}: '
          + ', '.join(f'{name} {len(judged.faults[name])}' for name in names))
    return quick and not any(judged.faults.values())


def options():
    parser = argparse.ArgumentParser(description='Kills everything, all the time, and compares ledgers.')
    parser.add_argument('build', help='where make was run')
    parser.add_argument('--seed', type=int, default=random.randrange(1 << 32))
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--server', choices=sorted(place.NEEDS), default='lighttpd')
    parser.add_argument('--senders', type=int, default=12)
    parser.add_argument('--pause', type=float, default=0.01, help='of a sender between two webhooks, in seconds')
    parser.add_argument('--backlog', type=int, default=300, help='with so many queued, what is sent has no hooks')
    parser.add_argument('--keep', action='store_true', help='leave the directory when something is wrong')
    return parser.parse_args()


def main():
    chosen = options()
    os.umask(0o022)
    processes.adopt()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('storm: told to end'))
    directory = tempfile.mkdtemp(prefix='hookspool-storm.', dir='/tmp')
    good = False
    try:
        storm = Storm(chosen, place.Place(directory, os.path.abspath(chosen.build), chosen.server))
        storm.blow(chosen.seconds)
        storm.calm_down()
        left = storm.left()
        judged = verdict.Verdict(storm).reach()
        left += storm.end()
        good = tell(storm, judged, left)
    finally:
        kill_all()
        if chosen.keep and not good:
            print(f'storm: see {directory}')
        else:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(not good)


if __name__ == '__main__':
    main()
