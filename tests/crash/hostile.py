#!/usr/bin/env python3
"""A hostile web-server user beside honest webhooks; README says what it does and how to read what it prints."""
import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import attacks
import place
import processes
import senders
import storm
import verdict

ATTACKERS = 2  # processes of each attack
RSS_MAX = 400 << 10  # KiB: what all clients' buffers may have together, and the rest
LOG_MAX = 64 << 10  # bytes of an attack's lines
PAUSE = 0.02  # between two honest webhooks


class Honest(senders.Sender):
    """Its answers count."""

    scale, seed, backlog_max = storm.SCALE, 1, 1

    def __init__(self, where, name):
        self.place = where
        self.over = threading.Event()
        super().__init__(self, name, PAUSE)

    @staticmethod
    def backlog():
        return 0

    def gives_up(self):
        return False

    def next(self):
        return senders.Webhook(f'{self.prefix}-{len(self.sent)}', 'quick', '', 100)



class Watch(threading.Thread):
    """The most memory that the spooler has, in KiB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            for line in processes.read(f'/proc/{self.pid}/status').splitlines():
                if line.startswith('VmRSS:'):
                    self.most = max(self.most, int(line.split()[1]))


def is_done(place):
    status = verdict.Control(place.control).ask(verb='status')[0][0]
    return status['queued'] == 0 and status['running'] == 0


class Siege:
    def __init__(self, where, seconds):
        self.place, self.seconds = where, seconds
        self.bad = []
        self.bounded = b'__asan_init' not in open(f'{where.build}/hookspoold', 'rb').read()

    def log_size(self, since=0):
        """Without the lines that each webhook has."""
        with open(f'{self.place.dir}/log', encoding='utf-8') as file:
            file.seek(since)
            return sum(len(line) for line in file if ': done (attempt' not in line) if since else file.seek(0, os.SEEK_END)

    def suffer(self, name):
        spooler, log = self.place.spooler(), self.log_size()
        watch, honest = Watch(spooler), [Honest(self.place, f'{name}-{i}') for i in range(2)]
        attackers = [subprocess.Popen([sys.executable, '-B', attacks.__file__, name, self.place.submit, str(self.seconds)])
                     for _ in range(ATTACKERS if name != 'none' else 0)]
        watch.start()
        for one in honest:
            one.start()
        time.sleep(self.seconds)
        for one in honest:
            one.over.set()
        for one in honest:
            one.join()
        for one in attackers:
            if one.wait(30) != 0:
                self.bad.append(f'{name}: the attacker itself failed')
        watch.over.set()
        watch.join()
        self.tell(name, [webhook for one in honest for webhook in one.sent], watch.most, self.log_size(log))
        if self.place.spooler() != spooler:
            self.bad.append(f'{name}: the spooler has ended')

    def unfinished(self):
        """Each honest webhook has a hook, which runs in the end."""
        return [] if storm.wait_for(60, lambda: is_done(self.place), None) else ['not all hooks of honest webhooks ran']

    def tell(self, name, sent, memory, log):
        answers = [answer for webhook in sent for answer in webhook.answers]
        took = sorted(done - begun for begun, done, _, _ in answers)
        refused = sum(status != 200 for _, _, status, _ in answers)
        lost = sum(webhook.number() is None for webhook in sent)
        print(f'{name:14} honest: {len(sent):5} sent, {lost:2} never answered 200, {refused:3} answers were others; '
              f'median {took[len(took) // 2] * 1000:6.1f} ms, p99 {took[len(took) * 99 // 100] * 1000:7.1f} ms, '
              f'slowest {took[-1] * 1000:7.1f} ms; spooler: {memory >> 10:4} MiB, log {log:6} bytes', flush=True)
        if lost:
            self.bad.append(f'{name}: {lost} of {len(sent)} honest webhooks were not answered 200')
        if self.bounded and memory > RSS_MAX:
            self.bad.append(f'{name}: the spooler had {memory} KiB')
        if log > LOG_MAX:
            self.bad.append(f'{name}: {log} bytes of log')


def options():
    parser = argparse.ArgumentParser(description='Attacks the submit socket, and looks at what honest webhooks are answered.')
    parser.add_argument('build', help='where make was run')
    parser.add_argument('--seconds', type=float, default=10, help='of each attack')
    parser.add_argument('--attack', nargs='*', choices=sorted([*attacks.ATTACKS, 'none']), help='these only')
    parser.add_argument('--files', type=int, default=0, help='descriptors that each process may have')
    parser.add_argument('--keep', action='store_true', help='leave the directory when something is wrong')
    return parser.parse_args()


def main():
    chosen = options()
    os.umask(0o022)
    processes.adopt()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('hostile: told to end'))
    directory = tempfile.mkdtemp(prefix='hookspool-hostile.', dir='/tmp')
    bad = ['it did not come to an end']
    try:
        if chosen.files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (chosen.files, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        where = place.Place(directory, os.path.abspath(chosen.build), 'lighttpd', 'max-queued = 100000000')
        where.start_server()
        first = Honest(where, 'first')
        storm.wait_for(30, lambda: first.deliver(first.next()), 'the first webhook was not taken')
        siege = Siege(where, chosen.seconds)
        for name in chosen.attack or ['none', *attacks.ATTACKS]:
            siege.suffer(name)
        bad = siege.bad + verdict.reports(where) + siege.unfinished()
    finally:
        storm.kill_all()
        if not (chosen.keep and bad):
            shutil.rmtree(directory, ignore_errors=True)
    for one in bad:
        print(f'hostile: {one}')
    print(f'attacks {len(chosen.attack or attacks.ATTACKS)}, broken through {len(bad)}')
    sys.exit(bool(bad))


if __name__ == '__main__':
    main()
