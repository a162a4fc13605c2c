"""The processes of the storm: who is there, who of them ends how, and signals for them.

This process is the subreaper of all of them: whatever starts is its descendant for as long as it lives, also when who started it is gone, and
what it ends with is seen here.
"""
import collections
import ctypes
import os
import signal
import threading

PR_SET_CHILD_SUBREAPER = 36
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS}
# What /proc/PID/comm says, and who that is; the hooks' (hook.c) begin with "storm-".
KINDS = {'hookspoold': 'spooler', 'hookspool-run': 'runner', 'hookspool-reap': 'reaper', 'hookspool-keep': 'keeper', 'hookspool.fcgi': 'responder',
         'hookspool-start': 'starter', 'storm-worker': 'worker', 'storm-child': 'child',
         'lighttpd': 'server', 'apache2': 'server', 'nginx': 'server', 'multiwatch': 'server'}


def adopt():
    """Become the parent of every descendant that loses its own."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def kind_of(pid):
    name = read(f'/proc/{pid}/comm').strip()
    return KINDS.get(name) or ('hook' if name.startswith('storm-') else name or '?')


def children(pid):
    found = []
    try:
        tasks = os.listdir(f'/proc/{pid}/task')
    except OSError:
        return found
    for task in tasks:
        found += map(int, read(f'/proc/{pid}/task/{task}/children').split())
    return found


def is_zombie(pid):
    return ') Z ' in read(f'/proc/{pid}/stat')


def descendants():
    """{kind: [(pid, parent), …]} of all that live, in order of age."""
    found = collections.defaultdict(list)
    todo = [(pid, os.getpid()) for pid in children(os.getpid())]
    while todo:
        pid, parent = todo.pop()
        if not is_zombie(pid):
            found[kind_of(pid)].append((pid, parent))
        todo += [(child, pid) for child in children(pid)]
    for them in found.values():
        them.sort()
    return found


def parent_of(pid):
    fields = read(f'/proc/{pid}/stat').rpartition(')')[2].split()
    return int(fields[1]) if fields else 0


def send(pid, parent, number):
    """Signal that very process, and no later one of its number.  Returns whether it was there."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if parent_of(pid) not in (parent, os.getpid()) or is_zombie(pid):
            return False
        signal.pidfd_send_signal(fd, number)
        return True
    except OSError:
        return False
    finally:
        os.close(fd)


class Reaper(threading.Thread):
    """Reaps all children, and notes how each ended."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ends = collections.Counter()  # (kind, 'exit 1' or 'signal 9')
        self.crashed = []
        self.ended = {}
        self.stopping = threading.Event()

    def note(self, pid):
        kind = kind_of(pid)
        status = os.waitpid(pid, 0)[1]
        code = os.waitstatus_to_exitcode(status)
        self.ends[kind, f'exit {code}' if code >= 0 else f'signal {-code}'] += 1
        self.ended[pid] = code
        if -code in CRASHES:
            self.crashed.append(f'{kind} {pid} ended by signal {-code}')

    def run(self):
        while not self.stopping.is_set():
            try:
                info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                info = None
            if info is None:
                self.stopping.wait(0.01)
            else:
                self.note(info.si_pid)

    def stop(self):
        self.stopping.set()
        self.join()
