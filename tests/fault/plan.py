"""What interpose.c does, and what it has counted: the file that it maps (struct plan there)."""
import errno
import mmap
import os
import re
import struct

ROLES = ('none', 'spooler', 'runner', 'keeper', 'responder', 'starter', 'command')
FUNCTIONS_MAX = 64
WHERE_MAX = 2048
HEAD = struct.Struct('=IIIIQiIQqiIq')
COUNTS = HEAD.size
WHERE = COUNTS + len(ROLES) * FUNCTIONS_MAX * 8
SIZE = WHERE + WHERE_MAX


def functions(directory):
    """The names, in order, and how each fails."""
    with open(os.path.join(directory, 'functions.def'), encoding='ascii') as file:
        return {name: how.split() for name, how in re.findall(r'^FUNCTION\((\w+), "([^"]*)"\)', file.read(), re.M)}


class Fault:
    """Which call of which function in which program fails, and how; forever: each from that one on."""

    def __init__(self, role, function, nth, how, forever):
        self.role, self.function, self.nth, self.how, self.forever = role, function, nth, how, forever

    def __str__(self):
        return f'{self.role}:{self.function}:{self.nth}:{self.how}:{"forever" if self.forever else "once"}'

    @classmethod
    def parse(cls, text):
        role, function, nth, how, times = text.split(':')
        if role not in ROLES or times not in ('once', 'forever'):
            raise ValueError(text)
        return cls(role, function, int(nth), how, times == 'forever')

    @property
    def error(self):
        return 0 if self.how == 'short' else getattr(errno, self.how)


class Plan:
    """The file at PATH, zeros at first: nothing fails."""

    def __init__(self, path, names):
        self.names = list(names)
        self.path = path
        with open(path, 'wb') as file:
            file.truncate(SIZE)
        self.file = open(path, 'r+b')
        self.memory = mmap.mmap(self.file.fileno(), SIZE)

    def arm(self, fault):
        """Before the programs start; the counts begin anew."""
        self.memory[:] = bytes(SIZE)
        if fault is not None:
            HEAD.pack_into(self.memory, 0, 1, ROLES.index(fault.role), self.names.index(fault.function), fault.forever,
                           fault.nth, fault.error, 0, 0, 0, 0, 0, 0)

    def lift(self):
        self.memory[0:4] = bytes(4)

    def set_clock(self, by_ms):
        struct.pack_into('=q', self.memory, 40, by_ms)

    def let_pass(self, ms):
        """As if this had passed, on all clocks."""
        wall, passed = struct.unpack_from('=q', self.memory, 40)[0], struct.unpack_from('=q', self.memory, 56)[0]
        struct.pack_into('=q', self.memory, 40, wall + ms)
        struct.pack_into('=q', self.memory, 56, passed + ms)

    @property
    def fired(self):
        return struct.unpack_from('=Q', self.memory, 32)[0]

    @property
    def pid(self):
        """Of whom it happened to first."""
        return struct.unpack_from('=i', self.memory, 48)[0]

    @property
    def where(self):
        return self.memory[WHERE:SIZE].split(b'\0', 1)[0].decode()

    def counts(self):
        """{(role, function): calls} of what was called at all."""
        found = {}
        for r, role in enumerate(ROLES):
            row = struct.unpack_from(f'={len(self.names)}Q', self.memory, COUNTS + r * FUNCTIONS_MAX * 8)
            found.update({(role, name): n for name, n in zip(self.names, row) if n > 0})
        return found
