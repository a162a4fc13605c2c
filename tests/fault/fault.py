#!/usr/bin/env python3
"""Errors from the system, one by one: README here.

fault.py [--seed N] [--seconds N] [--jobs N] [--role R] [--function F] [--tap]   faults chosen by the seed, until the time is over
fault.py --only ROLE:FUNCTION:NTH:HOW:TIMES     this one; TIMES: once or forever
fault.py --count                                what the scenario calls, in which program, how often

HOOKSPOOL_BUILD and HOOKSPOOL_SOURCE say where the programs and this are; HOOKSPOOL_FAULT_LIBRARY, where interpose.c was built.
"""
import argparse
import collections
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from plan import Fault, Plan, functions
from scenario import Broken, Ledger, Scenario, compare, crashes, recover
from service import Service, adopt

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get('HOOKSPOOL_SOURCE', os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get('HOOKSPOOL_BUILD', SOURCE)
LIBRARY = os.environ.get('HOOKSPOOL_FAULT_LIBRARY', os.path.join(BUILD, 'tests/fault/interpose.so'))
VERIFY = shutil.which('db5.3_verify') or shutil.which('db_verify')
LAST_LINES = 12
OPTIONS = 'keep = "8s"  min-free = "1M"'  # a generation a second
USUAL = (': done (', ': ready: ', 'failed (exit status 1)', 'by the operator', 'refused from 192.0.2.7', 'reload: ', 'signal 15: ', ': stopped',
         ': starting ', 'another hookspoold', 'the connection ended', 'no such event', 'is not there: its log', 'not answered by the spooler')
FOUND = ('starter:recv:3:ECONNRESET:once', 'responder:socket:2:EMFILE:forever', 'starter:dup:1:EMFILE:once', 'starter:fork:2:EAGAIN:once', 'starter:execve:1:EIO:once', 'spooler:fdatasync:9:EIO:once',
         'spooler:fdatasync:40:ENOSPC:forever', 'spooler:epoll_ctl:24:ENOMEM:once')  # what was wrong once is tried first
CARELESS = ('libconfuse.', 'libseccomp.')
PASSING = ('EINTR', 'short')  # what no system does for ever
IN_A_HANDLER = re.compile(r'libevent_core\S* libc\.')  # a byte for its own loop, to a socket that never blocks: nothing interrupts that
STREAMS = ('accept', 'send', 'sendmsg', 'recv', 'recvmsg')
ENDS = ('EAGAIN', 'EPIPE', 'ECONNRESET', 'ECONNABORTED')  # nor these here: the loop was told that it may go on, or that it is over


def in_private_memory():
    """Root has a tmpfs of its own for it, which is gone with these processes; others have a directory under /tmp."""
    if os.geteuid() != 0 or shutil.which('unshare') is None:
        return
    if os.environ.get('HOOKSPOOL_FAULT_PRIVATE') is None:
        os.environ['HOOKSPOOL_FAULT_PRIVATE'] = 'yes'
        os.execvp('unshare', ['unshare', '--mount', sys.executable, *sys.argv])


def make_base():
    base = tempfile.mkdtemp(prefix='hookspool-fault.', dir='/tmp')
    if os.environ.get('HOOKSPOOL_FAULT_PRIVATE') is not None:
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4g,mode=755', 'tmpfs', base], check=True)
    return base


def verify(service):
    """Each table as the library's own program sees it."""
    tables = [n for n in os.listdir(service.dir + '/spool') if n.endswith('.db') or n.rsplit('.', 1)[-1].isdigit()
              and not n.startswith('log.')]
    if VERIFY is None:
        return
    said = subprocess.run([VERIFY, '-q', *sorted(tables)], cwd=service.dir + '/spool', capture_output=True, text=True,
                          check=False)
    if said.returncode != 0:
        raise Broken(f'corrupt: {said.stderr.strip().splitlines()[:3]}')


def look_for_silence(service, scenario, plan, fault):
    """What was refused or ended has a line that no scenario without a fault has; returns whether it names the cause."""
    ended = [(pid, status) for pid, (status, _) in service.ended.items() if status not in (0, 9, 15)]
    trouble = scenario.commands_failed or scenario.unclean or ended
    if fault.role == 'responder' and fault.function in ('read', 'recv', 'write', 'writev', 'send') and not trouble:
        return True  # a reply that did not reach the web server: nothing was refused
    if any(name in plan.where for name in CARELESS):
        return True
    if plan.fired == 0 or fault.function == 'write_log' or not (trouble or scenario.ledger.refused):
        return True
    text = service.read('log') + service.read('stderr')
    lines = [line for line in text.splitlines() if not any(usual in line for usual in USUAL)]
    if not lines:
        raise Broken(f'silent: {scenario.ledger.refused[:2]} {scenario.commands_failed[:2]} {ended[:3]}')
    words = [os.strerror(fault.error)] if fault.error else []
    words += {'ENOMEM': ['emory'], 'EMFILE': ['descriptor']}.get(fault.how, [])
    return any(word in line for line in lines for word in words)


def look_for_trust(service, plan, fault):
    """What a flush has lost the next one does not bring back: whoever had it fail ends, and the next start recovers."""
    if fault.function != 'fdatasync' or fault.how == 'EINTR' or plan.fired == 0:
        return
    if plan.pid not in service.ended:
        raise Broken('trusting: hookspoold goes on after a flush that failed')
    lines = [line for line in service.read('log').splitlines() if f'[{plan.pid}]' in line]
    stopping = next((i for i, line in enumerate(lines) if 'signal 15' in line), len(lines))
    failed = next((i for i, line in enumerate(lines) if 'fsync' in line or 'flush' in line), -1)
    if service.ended[plan.pid][0] == 0 and failed < stopping:
        raise Broken('trusting: hookspoold was told to end, after a flush that failed, and had not ended')


def look_for_crashes(service, where, fault):
    """Libraries that end their program when there is no memory do so at its start, and while it reads its configuration."""
    found = crashes(service)
    if fault.how == 'ENOMEM' and fault.forever:
        found = [(pid, number) for pid, number in found if number != signal.SIGABRT]
    if found and not any(name in where for name in CARELESS):
        raise Broken(f'crash: signal {found[0][1]}')


def play(service, plan, fault):
    """The whole of it; returns whether the fault was reached, and whether its cause was named where there was trouble."""
    ledger = Ledger()
    scenario = Scenario(service, ledger, fault.forever)
    service.listen()
    plan.arm(fault)
    scenario.play()
    scenario.look_for_loops()
    fired = plan.fired > 0
    service.reap()
    look_for_crashes(service, plan.where, fault)
    look_for_trust(service, plan, fault)
    named = look_for_silence(service, scenario, plan, fault)
    plan.lift()
    service.end()
    events = recover(service, ledger)
    compare(service, ledger, events)
    if not service.stop(service.spooler()):
        raise Broken('hang: hookspoold does not end, without a fault')
    verify(service)
    look_for_crashes(service, plan.where, fault)
    if 'Sanitizer' in service.read('stderr') or 'runtime error' in service.read('stderr'):
        raise Broken('crash: a sanitizer has found something')
    return fired, named


def run_case(base, name, names, fault):
    """In a process of its own: {'fired': …, 'broken': …, …}."""
    directory = os.path.join(base, name)
    os.mkdir(directory)
    adopt()
    plan = Plan(directory + '/plan', names)
    service = Service(directory, BUILD, SOURCE, plan, LIBRARY, OPTIONS)
    result = {'fault': str(fault), 'fired': False, 'broken': '', 'where': '', 'log': [], 'named': True}
    began = time.monotonic()
    try:
        result['fired'], result['named'] = play(service, plan, fault)
    except Broken as why:
        excused = str(why).startswith('hang') and fault.how in PASSING and IN_A_HANDLER.match(plan.where)
        result['broken'] = '' if excused else str(why)
    except Exception:  # pylint: disable=broad-except
        result['broken'] = 'harness: ' + traceback.format_exc()
    result['seconds'] = time.monotonic() - began
    result['fired'] = result['fired'] or plan.fired > 0
    result['where'] = plan.where
    if result['broken']:
        lines = [line for line in service.read('log').splitlines() if ': done (attempt' not in line]
        result['log'] = lines[-LAST_LINES:] + service.read('stderr').splitlines()[-LAST_LINES:]
    service.end()
    if not os.environ.get('HOOKSPOOL_FAULT_KEEP'):
        shutil.rmtree(directory, ignore_errors=True)
    return result


class Jobs:
    """Cases side by side, each in a process that says what came of it."""

    def __init__(self, base, names):
        self.base, self.names, self.running, self.number = base, names, {}, 0

    def begin(self, fault):
        self.number += 1
        here, there = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(here)
            with os.fdopen(there, 'w') as out:
                json.dump(run_case(self.base, str(self.number), self.names, fault), out)
            os._exit(0)
        os.close(there)
        self.running[pid] = (here, fault)

    def next(self):
        pid, status = os.wait()
        here, fault = self.running.pop(pid)
        with os.fdopen(here) as said:
            text = said.read()
        if status != 0 or not text:
            return {'fault': str(fault), 'fired': False, 'broken': f'harness: status {status}', 'where': '', 'log': [], 'seconds': 0, 'named': True}
        return json.loads(text)


def count(base, names):
    """The scenario without a fault: {(role, function): calls}."""
    directory = os.path.join(base, 'count')
    os.mkdir(directory)
    pid = os.fork()
    if pid == 0:
        adopt()
        plan = Plan(directory + '/plan', names)
        service = Service(directory, BUILD, SOURCE, plan, LIBRARY, OPTIONS)
        try:
            play(service, plan, Fault('none', next(iter(names)), 0, 'EIO', False))
        except Broken as why:
            print(f'without any fault: {why}', file=sys.stderr)
            print(service.read('log')[-2000:] + service.read('stderr')[-2000:], file=sys.stderr)
            service.end()
            os._exit(1)
        with open(base + '/counts', 'w', encoding='ascii') as out:
            json.dump([[*key, n] for key, n in plan.counts().items()], out)
        service.end()
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit('not ok - the scenario fails without a fault')
    shutil.rmtree(directory)
    with open(base + '/counts', encoding='ascii') as file:
        return {(role, function): n for role, function, n in json.load(file) if role != 'none'}


def choose(counts, names, chance):
    """Endlessly: rounds, in each of which every function of every program fails once more, all it can do in turn."""
    done = set()
    while True:
        keys = sorted(counts)
        chance.shuffle(keys)
        fresh = False
        for role, function in keys:
            for _ in range(20):
                n = counts[role, function]
                nth = chance.randint(1, n) if chance.random() < 0.5 else int(n ** chance.random())
                how = chance.choice(names[function])
                lasting = how not in PASSING and not (how in ENDS and function in STREAMS) and function != 'read'
                fault = Fault(role, function, max(nth, 1), how, lasting and chance.random() < 0.4)
                if str(fault) not in done:
                    done.add(str(fault))
                    fresh = True
                    yield fault
                    break
        if not fresh:
            return


def summary(results):
    tried = [r for r in results if r['fired']]
    by = collections.Counter(r['fault'].split(':')[1] for r in tried)
    roles = collections.Counter(r['fault'].split(':')[0] for r in tried)
    broken = collections.Counter(r['broken'].split(':')[0] for r in results if r['broken'])
    print('# ' + ', '.join(f'{name} {n}' for name, n in sorted(by.items())))
    print('# ' + ', '.join(f'{name} {n}' for name, n in sorted(roles.items())))
    words = ('lost', 'doubled', 'invented', 'skipped', 'corrupt', 'busy', 'hang', 'crash', 'silent', 'trusting', 'harness')
    print(f'# {len(tried)} faults ({len(results) - len(tried)} not reached): ' +
          ', '.join(f'{word} {broken[word]}' for word in words))
    vague = [r['fault'] for r in tried if not r['named']]
    print(f'# told without the cause {len(vague)}: {" ".join(vague[:40])}')


def report(result, number, tap):
    if not result['broken']:
        if tap:
            print(f"ok {number} - {result['fault']}", flush=True)
        return
    print(f"not ok {number} - {result['fault']}: {result['broken']}")
    print(f"#   again: tests/fault/fault.py --only {result['fault']}")
    print(f"#   at: {result['where']}")
    for line in result['log']:
        print(f'#   log: {line}')
    sys.stdout.flush()


def run_all(base, names, options):
    counts = count(base, names)
    if options.count:
        for (role, function), n in sorted(counts.items()):
            print(f'{role:10} {function:16} {n}')
        return []
    only = [Fault.parse(text) for text in options.only]
    found_once = [Fault.parse(text) for text in FOUND if text.split(':')[1] in {function for _, function in counts}]
    faults = only or itertools.chain(found_once, choose(counts, names, random.Random(options.seed)))
    end, jobs, results = time.monotonic() + options.seconds, Jobs(base, names), []
    for fault in faults:
        if not options.only and (time.monotonic() > end or options.cases and jobs.number >= options.cases):
            break
        if options.role and fault.role not in options.role or options.function and fault.function not in options.function:
            continue
        jobs.begin(fault)
        while len(jobs.running) >= options.jobs:
            results.append(jobs.next())
            report(results[-1], len(results), options.tap)
    while jobs.running:
        results.append(jobs.next())
        report(results[-1], len(results), options.tap)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=int(os.environ.get('SEED') or time.time()))
    parser.add_argument('--seconds', type=float, default=float(os.environ.get('FAULT_SECONDS') or 600))
    parser.add_argument('--cases', type=int, default=0)
    parser.add_argument('--jobs', type=int, default=int(os.environ.get('FAULT_JOBS') or os.cpu_count() * 2))
    parser.add_argument('--only', action='append', default=[])
    parser.add_argument('--role', action='append', default=[])
    parser.add_argument('--function', action='append', default=[])
    parser.add_argument('--count', action='store_true')
    parser.add_argument('--tap', action='store_true')
    options = parser.parse_args()
    in_private_memory()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    base = make_base()
    try:
        if not options.count:
            print(f'# seed {options.seed}')
        results = run_all(base, functions(HERE), options)
    finally:
        if os.environ.get('HOOKSPOOL_FAULT_PRIVATE') is not None:
            subprocess.run(['umount', '-l', base], check=False)
        shutil.rmtree(base, ignore_errors=True)
    if options.count:
        return 0
    summary(results)
    if options.tap:
        print(f'1..{len(results)}')
    return any(r['broken'] for r in results)


if __name__ == '__main__':
    sys.exit(main())
