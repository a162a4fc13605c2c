#!/usr/bin/env python3
"""What happens to a machine: a disk that is full, one that becomes read-only, a directory that is removed, a clock that is set.  TAP.

weather.py [NAME…]
"""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault import BUILD, HERE, LIBRARY, SOURCE, in_private_memory, make_base, verify
from plan import Plan, functions
from scenario import Broken, Ledger, Scenario, compare, listing, recover
from service import Service, adopt, end_all, wait_for

DAY_MS = 86400000
BACK = 40  # seconds until service is back, on a busy machine; a responder waits longer and longer between two starts of hookspoold


class Place:
    """A service that is up, and its ledger."""

    def __init__(self, directory, more):
        os.mkdir(directory)
        self.dir = directory
        self.plan = Plan(directory + '/plan', functions(HERE))
        self.service = Service(directory, BUILD, SOURCE, self.plan, LIBRARY, more)
        self.ledger = Ledger()
        self.scenario = Scenario(self.service, self.ledger)
        self.service.listen()
        self.count = 0

    def start(self):
        self.service.start_responder()

    def post(self, n=4, kind='completed', size=0):
        """New ones, each once; how many were taken."""
        events = [(f'e{self.count + i}', kind, size) for i in range(n)]
        self.count += n
        before = len(self.ledger.answered)
        self.scenario.post(events, again=1)
        return len(self.ledger.answered) - before

    def must_take(self, what):
        if wait_for(BACK, lambda: self.post(1) == 1) is None:
            raise Broken(f'{what}: nothing is taken within {BACK} s')

    def said(self, text):
        if text not in self.service.read('log') + self.service.read('stderr'):
            raise Broken(f'silent: nothing says "{text}"')

    def end(self):
        """All is as the senders know it."""
        self.service.end()
        compare(self.service, self.ledger, recover(self.service, self.ledger))
        if not self.service.stop(self.service.spooler()):
            raise Broken('hang: hookspoold does not end when it is told to')
        verify(self.service)


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def fill(path):
    """To the last byte."""
    with open(path, 'wb', buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def a_full_disk_refuses_and_serves_again_by_itself(directory):
    place = Place(directory, 'min-free = "1M"')
    os.mkdir(directory + '/spool', 0o700)
    run('mount', '-t', 'tmpfs', '-o', 'size=80m,mode=700', 'tmpfs', directory + '/spool')
    place.start()
    place.must_take('at first')
    fill(directory + '/spool/filler')
    if wait_for(BACK, lambda: place.post(1) == 0) is None:
        raise Broken('a full disk takes webhooks')
    spooler = place.service.spooler()
    place.said('less than min-free')
    os.unlink(directory + '/spool/filler')
    place.must_take('when there is room')
    if place.service.spooler() != spooler:
        raise Broken('hookspoold has ended, for a disk below min-free')
    place.end()


def a_disk_without_room_for_the_log_ends_hookspoold_which_recovers(directory):
    place = Place(directory, 'min-free = "0"')
    os.mkdir(directory + '/spool', 0o700)
    run('mount', '-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', directory + '/spool')
    place.start()
    place.must_take('at first')
    for _ in range(40):
        if place.post(4, size=400000) < 4:
            break
    else:
        raise Broken('harness: the disk was never full')
    fill(directory + '/spool/filler')
    place.post(2, size=100000)
    place.said('No space left on device')
    place.scenario.look_for_loops()
    os.unlink(directory + '/spool/filler')
    run('mount', '-o', 'remount,size=256m', directory + '/spool')
    place.must_take('when there is room')
    place.end()


def a_disk_that_becomes_read_only_loses_nothing(directory):
    image = directory + '.disk'
    place = Place(directory, 'min-free = "0"')
    with open(image, 'wb') as file:
        file.truncate(200 << 20)
    run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0', image)
    os.mkdir(directory + '/spool', 0o700)
    run('mount', '-o', 'loop', image, directory + '/spool')
    place.start()
    place.must_take('at first')
    place.post(8, size=200000)
    run('mount', '-o', 'remount,abort', directory + '/spool')  # what the kernel does when the journal can't be written
    place.post(8)
    if place.post(1) != 0:
        raise Broken('a disk that takes nothing has taken a webhook')
    place.said('Read-only file system')
    place.scenario.look_for_loops()
    place.service.end()
    run('umount', directory + '/spool')
    subprocess.run(['fsck.ext4', '-p', image], check=False, capture_output=True)
    run('mount', '-o', 'loop', image, directory + '/spool')
    place.start()
    place.must_take('on the disk that is well again')
    place.end()
    run('umount', directory + '/spool')


def a_remount_to_read_only_and_back_loses_nothing(directory):
    """While nobody writes, which the kernel wants; then hookspoold is started on it."""
    place = Place(directory, 'min-free = "0"')
    os.mkdir(directory + '/spool', 0o700)
    run('mount', '-t', 'tmpfs', '-o', 'size=256m,mode=700', 'tmpfs', directory + '/spool')
    place.start()
    place.must_take('at first')
    os.kill(place.service.spooler(), signal.SIGKILL)
    if wait_for(5, lambda: subprocess.run(['mount', '-o', 'remount,ro', directory + '/spool'], check=False,
                                          capture_output=True).returncode == 0) is None:
        raise Broken('harness: it is never free')
    if place.post(2) != 0:
        raise Broken('a disk that takes nothing has taken a webhook')
    place.said('Read-only file system')
    place.scenario.look_for_loops()
    run('mount', '-o', 'remount,rw', directory + '/spool')
    place.must_take('when it may be written to again')
    place.end()


def a_socket_directory_that_is_removed_is_made_anew(directory):
    place = Place(directory, 'min-free = "1M"')
    place.start()
    place.must_take('at first')
    shutil.rmtree(directory + '/run')
    place.must_take('through a connection that is there')
    place.service.stop(place.service.responder)
    place.start()
    place.must_take('by a responder that starts without the directory')
    if wait_for(BACK, lambda: listing(place.service) is not None) is None:
        raise Broken('hang: the command does not reach hookspoold any more')
    place.end()


def a_clock_that_is_set_by_a_day_delays_and_forgets_nothing(directory):
    place = Place(directory, 'min-free = "1M"  keep = "1h"  dedup = "1h"')
    place.start()
    place.must_take('at first')
    for by_ms in (DAY_MS, 0, -DAY_MS, 0):
        place.post(3, 'failed')  # they are tried again in 100 ms
        place.plan.set_clock(by_ms)
        place.post(3, 'failed')
        if wait_for(BACK, lambda: all(e['state'] == 'done' for e in listing(place.service) or [{'state': ''}])) is None:
            raise Broken(f'delayed: with the clock set by {by_ms} ms: {[e for e in listing(place.service) if e["state"] != "done"]}')
        place.scenario.look_for_loops()
    place.said('the clock was set forward')
    place.said('the clock was set back')
    once(place)
    place.end()


def a_clock_that_is_set_while_nobody_runs_delays_and_forgets_nothing(directory):
    place = Place(directory, 'min-free = "1M"  keep = "1h"  dedup = "1h"')
    place.start()
    place.must_take('at first')
    for by_ms in (DAY_MS, 0, -DAY_MS, 0):
        place.post(3, 'failed')
        place.scenario.restart()
        place.plan.set_clock(by_ms)
        place.must_take('with another clock')
        if wait_for(BACK, lambda: all(e['state'] == 'done' for e in listing(place.service) or [{'state': ''}])) is None:
            raise Broken(f'delayed: with the clock set by {by_ms} ms: {[e for e in listing(place.service) if e["state"] != "done"]}')
    place.plan.set_clock(0)
    once(place)
    place.end()


def once(place):
    """A minute later, when it may forget: the same webhooks are still duplicates of the same events."""
    before = dict(place.ledger.answered)
    place.plan.let_pass(61000)
    time.sleep(2.5)
    place.scenario.post([(identity, kind, 0) for identity, kind in before], again=1)
    if place.ledger.answered != before:
        raise Broken('doubled: a webhook was taken again')


def play(base, number, case):
    """In a process of its own."""
    pid = os.fork()
    if pid != 0:
        return os.waitpid(pid, 0)[1] == 0
    adopt()
    directory = os.path.join(base, str(number))
    status = 0
    try:
        case(directory)
    except (Broken, subprocess.CalledProcessError) as why:
        print(f'# {why} {getattr(why, "stderr", "")}')
        for name in ('log', 'stderr'):
            with open(f'{directory}/{name}', encoding='utf-8', errors='replace') as file:
                for line in [line for line in file if ': done (' not in line][-25:]:
                    print(f'# {name}: {line}', end='')
        status = 1
    end_all()
    sys.stdout.flush()
    os._exit(status)


CASES = (a_full_disk_refuses_and_serves_again_by_itself, a_disk_without_room_for_the_log_ends_hookspoold_which_recovers,
         a_disk_that_becomes_read_only_loses_nothing, a_remount_to_read_only_and_back_loses_nothing,
         a_socket_directory_that_is_removed_is_made_anew, a_clock_that_is_set_by_a_day_delays_and_forgets_nothing,
         a_clock_that_is_set_while_nobody_runs_delays_and_forgets_nothing)


def main():
    in_private_memory()
    base = make_base()
    failed = 0
    chosen = [case for case in CASES if not sys.argv[1:] or case.__name__ in sys.argv[1:]]
    for number, case in enumerate(chosen, 1):
        needs_root = 'disk' in case.__name__ or 'remount' in case.__name__
        if needs_root and os.geteuid() != 0:
            print(f'ok {number} - {case.__name__} # SKIP only root mounts')
            continue
        good = play(base, number, case)
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {case.__name__}', flush=True)
    print(f'1..{len(chosen)}')
    if os.environ.get('HOOKSPOOL_FAULT_PRIVATE') is not None:
        subprocess.run(['umount', '-l', base], check=False)
    shutil.rmtree(base, ignore_errors=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
