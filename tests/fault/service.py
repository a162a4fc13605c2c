"""An installation of its own in a directory, and its processes: those that are started here, and all that they leave behind."""
import ctypes
import hashlib
import hmac
import json
import os
import select
import signal
import socket
import struct
import time

TICK = os.sysconf('SC_CLK_TCK')
SECRET = b'a secret of which nothing but this test knows'
PATH = '/webhooks/anycheck'
CONF = '''
spool          = "{dir}/spool"
socket         = "{dir}/run/submit.sock"
control-socket = "{dir}/run/control.sock"
spooler        = "{dir}/hookspoold"
presets        = "{dir}/presets"
log            = "{dir}/log"
health-path    = "/health"
deadline       = "2s"
shutdown-grace = "2s"
{more}
source "anycheck" {{
    preset = "anycheck"
    path   = "/webhooks/anycheck"
    secret-file   = {{ "{dir}/secret" }}
    require-https = false
    max-body      = "2M"
    hook "verification.completed"    {{ command = {{ "{dir}/hooks/note" }}  retry {{ first = "100ms"  factor = 2  max = "1s" }} }}
    hook "verification.failed"       {{ command = {{ "{dir}/hooks/flaky" }} retry {{ first = "100ms"  factor = 2  max = "1s" }} }}
    hook "verification.needs_review" {{ command = {{ "{dir}/hooks/work" }} mode = "worker"
                                        retry {{ first = "100ms"  factor = 2  max = "1s" }} }}
}}
'''
HOOKS = {
    'note': 'echo "$HOOKSPOOL_NUMBER" >>"{dir}/ran"\n',
    'flaky': 'echo "$HOOKSPOOL_NUMBER" >>"{dir}/ran"\n[ "$HOOKSPOOL_ATTEMPT" -gt 1 ]\n',
    'work': 'while IFS= read -r line; do\n\tn=${{line#*\\"number\\":}}\n\tn=${{n%%[,\\}}]*}}\n'
            '\techo "$n" >>"{dir}/ran"\n\tprintf \'{{"number":%s,"result":"done"}}\\n\' "$n"\ndone\n',
}


PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def adopt():
    """A case's process: whoever loses its parent becomes its child, and it leaves nobody behind, also when it is to end before its time."""
    def leave(number, frame):
        end_all()
        os._exit(1)
    signal.signal(signal.SIGTERM, leave)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:  # a process may end meanwhile
        return ''


def processes():
    """{pid: (name, seconds of processor time)} of all that descend from this process."""
    children, found = {}, {}
    for entry in filter(str.isdigit, os.listdir('/proc')):
        text = read(f'/proc/{entry}/stat')
        fields = text[text.rfind(')') + 2:].split()
        if fields and fields[0] not in 'ZX':
            name = text[text.index('(') + 1:text.rindex(')')]
            children.setdefault(int(fields[1]), []).append((int(entry), name, (int(fields[11]) + int(fields[12])) / TICK))
    todo = [os.getpid()]
    while todo:
        for pid, name, seconds in children.get(todo.pop(), []):
            found[pid] = (name, seconds)
            todo.append(pid)
    return found


def end_all():
    """Those that this process has started, and that were started by them."""
    for _ in range(500):
        here = processes()
        for pid in here:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if not here:
            return
        time.sleep(0.01)


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            return None
        time.sleep(0.005)
    return found


def body(identity, kind, size=0):
    status = {'completed': 'COMPLETED', 'failed': 'FAILED', 'needs_review': 'NEED_REVIEW', 'wrong': 'WRONG'}[kind]
    kind = 'completed' if kind == 'wrong' else kind
    return json.dumps({'event': 'verification.' + kind, 'verification_id': identity, 'status': status,
                       'output': {'verified': True, 'more': 'x' * size}}).encode()


def record(kind, content=b''):
    return struct.pack('>BBHHBx', 1, kind, 1, len(content), 0) + content


def request(method, path, content=b'', sign=True):
    """FastCGI's bytes."""
    params = {'REQUEST_METHOD': method, 'REQUEST_URI': path, 'CONTENT_TYPE': 'application/json',
              'CONTENT_LENGTH': str(len(content)), 'REMOTE_ADDR': '192.0.2.7',
              'HTTP_X_WEBHOOK_SIGNATURE': hmac.new(SECRET if sign else b'other', content, hashlib.sha256).hexdigest()}
    pairs = b''.join(struct.pack('BB', len(k), len(v)) + k.encode() + v.encode() for k, v in params.items())
    pieces = [record(5, content[at:at + 32000]) for at in range(0, len(content), 32000)]
    return record(1, struct.pack('>HB5x', 1, 0)) + record(4, pairs) + record(4) + b''.join(pieces) + record(5)


class Exchange:
    """One request; PAUSE: so many seconds after its first half."""

    def __init__(self, path, out, pause=0.0):
        self.out, self.got, self.ended, self.text = out, b'', False, ''
        self.hold = (len(out) // 2, time.monotonic() + pause) if pause > 0 else (0, 0)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        try:
            self.socket.connect(path)
        except OSError as why:
            self.end(why.strerror)

    def end(self, why=''):
        if not self.ended:
            self.ended, self.text = True, why
            self.socket.close()

    def wants_to_write(self):
        return self.out and (len(self.out) > self.hold[0] or time.monotonic() >= self.hold[1])

    def go_on(self, readable, writable):
        try:
            if writable and self.wants_to_write():
                most = len(self.out) - (self.hold[0] if time.monotonic() < self.hold[1] else 0)
                self.out = self.out[self.socket.send(self.out[:most]):]
            if readable:
                more = self.socket.recv(65536)
                self.got += more
                if not more:
                    self.end()
        except BlockingIOError:
            return
        except OSError as why:
            self.end(why.strerror)

    def answer(self):
        """Status, 0 without a whole answer, and the JSON."""
        at, text, kind = 0, b'', 0
        while at + 8 <= len(self.got):
            _, kind, _, length, padding = struct.unpack_from('>BBHHB', self.got, at)
            if kind == 6:
                text += self.got[at + 8:at + 8 + length]
            at += 8 + length + padding
        if kind != 3 or at != len(self.got):  # the end of a request
            return 0, {}
        head, _, content = text.partition(b'\r\n\r\n')
        for line in head.split(b'\r\n'):
            if line.startswith(b'Status: '):
                return int(line[8:11]), json.loads(content or b'{}')
        return 0, {}


def converse(exchanges, seconds):
    """Until all have ended, or the time has."""
    end = time.monotonic() + seconds
    while (here := [e for e in exchanges if not e.ended]) and time.monotonic() < end:
        writes = [e.socket for e in here if e.wants_to_write()]
        readable, writable, _ = select.select([e.socket for e in here], writes, [], 0.02)
        for e in here:
            e.go_on(e.socket in readable, e.socket in writable)
    for e in exchanges:
        e.end('nothing came in time')


class Service:
    def __init__(self, directory, build, source, plan, library, more=''):
        self.dir, self.build, self.plan = directory, build, plan
        self.environment = {'PATH': '/usr/bin:/bin', 'LD_PRELOAD': library, 'HOOKSPOOL_FAULT': plan.path,
                            'HOOKSPOOL_CONF': directory + '/conf', 'ASAN_OPTIONS': 'verify_asan_link_order=0'}
        self.clean = {'PATH': '/usr/bin:/bin', 'HOOKSPOOL_CONF': directory + '/conf'}
        self.ended = {}  # pid: status, seconds of processor time
        self.responder = 0
        self.listening = None
        os.mkdir(directory + '/hooks')
        self.write('conf', CONF.format(dir=directory, more=more))
        self.write('secret', SECRET.decode() + '\n', 0o600)
        os.symlink(os.path.join(source, 'src/presets'), directory + '/presets')
        exports = ' '.join(f'{k}={self.environment[k]}' for k in ('LD_PRELOAD', 'HOOKSPOOL_FAULT', 'ASAN_OPTIONS'))
        self.write('hookspoold', f'#!/bin/sh\nexport {exports}\nexec "{build}/hookspoold" "$@"\n', 0o755)
        for name, text in HOOKS.items():
            self.write('hooks/' + name, '#!/bin/sh\n' + text.format(dir=directory), 0o755)

    def write(self, name, text, mode=0o644):
        fd = os.open(os.path.join(self.dir, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        os.write(fd, text.encode())
        os.close(fd)

    def read(self, name):
        return read(os.path.join(self.dir, name))

    def start(self, program, arguments, environment, stdin, stdout):
        pid = os.fork()
        if pid == 0:
            err = os.open(self.dir + '/stderr', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(stdin, 0)
            os.dup2(stdout if stdout is not None else err, 1)
            os.dup2(err, 2)
            os.closerange(3, 256)
            os.chdir('/')
            try:
                os.execve(program, [program] + arguments, environment)
            finally:
                os._exit(127)
        return pid

    def listen(self):
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(self.dir + '/fcgi.sock')
        self.listening.listen(64)

    def start_responder(self, faults=True):
        """As a web server does it: the socket is its, and stays."""
        self.responder = self.start(self.build + '/hookspool.fcgi', [], self.environment if faults else self.clean,
                                    self.listening.fileno(), None)

    def command(self, arguments, seconds=10, faults=True, text=b''):
        """Exit status, None: it has not ended in time; and what it said."""
        with open(self.dir + '/in', 'wb') as file:
            file.write(text)
        with open(self.dir + '/in', 'rb') as stdin, open(self.dir + '/out', 'wb') as stdout:
            pid = self.start(self.build + '/hookspool', arguments, self.environment if faults else self.clean,
                             stdin.fileno(), stdout.fileno())
        if wait_for(seconds, lambda: self.has_ended(pid)) is None:
            os.kill(pid, signal.SIGKILL)
            return None, ''
        return os.waitstatus_to_exitcode(self.ended[pid][0]), self.read('out')

    def reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.ended[pid] = (status, usage.ru_utime + usage.ru_stime)

    def has_ended(self, pid):
        self.reap()
        return pid in self.ended

    def spooler(self):
        """Its process, as its lock says; 0: there is none."""
        text = self.read('spool/lock').strip()
        if not text.isdigit() or not self.read(f'/proc/{text}/comm').startswith('hookspoold'):
            return 0
        return int(text) if f'{self.dir}/' in self.read(f'/proc/{text}/cmdline') else 0

    def post(self, requests, seconds=8):
        """[(bytes, pause)] at once; what each was answered."""
        exchanges = [Exchange(self.dir + '/fcgi.sock', out, pause) for out, pause in requests]
        converse(exchanges, seconds)
        return [e.answer() for e in exchanges]

    def stop(self, pid, number=signal.SIGTERM, seconds=15):
        """Whether it ended in time; it has ended in any case."""
        if pid == 0 or self.has_ended(pid):
            return True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_for(seconds, lambda: self.has_ended(pid) or not os.path.exists(f'/proc/{pid}')) is not None:
            return True
        os.kill(pid, signal.SIGKILL)
        wait_for(5, lambda: self.has_ended(pid))
        return False

    def end(self):
        """Nobody is left."""
        end_all()
        self.reap()
