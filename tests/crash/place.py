"""Where the storm takes place: a directory with configuration, secret and hooks, and a web server in front of it."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import processes

APACHE_MODULES = '/usr/lib/apache2/modules'
RETRY = 'retry { first = "40ms" max = "1s" }'
HOOKS = {  # title: (behaviour, options)
    'quick': ('quick', ''),
    'fails': ('fails', 'retry { first = "40ms" factor = 2 max = "300ms" }'),
    'slow': ('slow', ''),
    'worker': ('worker', 'mode = worker max-running = 3 idle-timeout = "2s" ' + RETRY),
    'children': ('children', 'grace = "100ms" ' + RETRY),
    'output': ('output', ''),
    'both': ('both', ''),
    'bot*': ('journal', 'all = true ' + RETRY),
}
# The hooks that an event of a type has, by the configuration.
BOUND = {'quick': ['quick'], 'fails': ['fails'], 'slow': ['slow'], 'worker': ['worker'], 'children': ['children'], 'output': ['output'],
         'both': ['both', 'journal'], 'none': []}

LIGHTTPD = '''
server.document-root = "{dir}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{dir}/server.log"
server.breakagelog = "{dir}/server.err"
server.modules = ( "mod_fastcgi" )
fastcgi.server = ( "/" => (( "socket" => "{dir}/run/fcgi.sock", "bin-path" => "{build}/hookspool.fcgi", "max-procs" => 3,
    "check-local" => "disable", "bin-environment" => ( "HOOKSPOOL_CONF" => "{dir}/hookspool.conf" ) )) )
'''
APACHE = '''
ServerRoot "{dir}"
ServerName localhost
DefaultRuntimeDir "{dir}/run"
PidFile "{dir}/run/apache.pid"
ErrorLog "{dir}/server.err"
Listen 127.0.0.1:{port}
DocumentRoot "{dir}/www"
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule env_module {modules}/mod_env.so
LoadModule fcgid_module {modules}/mod_fcgid.so
FcgidIPCDir "{dir}/run"
FcgidProcessTableFile "{dir}/run/fcgid.table"
FcgidInitialEnv HOOKSPOOL_CONF "{dir}/hookspool.conf"
FcgidMaxProcesses 16
FcgidMinProcessesPerClass 3
FcgidSpawnScoreUpLimit 1000
FcgidMaxRequestLen 2000000
FcgidIOTimeout 10
ScriptAlias /storm "{build}/hookspool.fcgi/storm"
<Directory "{build}">
    Options +ExecCGI
    SetHandler fcgid-script
    Require all granted
</Directory>
'''
NGINX = '''
daemon off;
worker_processes 2;
pid {dir}/run/nginx.pid;
error_log {dir}/server.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {dir}/tmp;
    fastcgi_temp_path {dir}/tmp;
    proxy_temp_path {dir}/tmp;
    scgi_temp_path {dir}/tmp;
    uwsgi_temp_path {dir}/tmp;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            fastcgi_pass unix:{dir}/run/fcgi.sock;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param REMOTE_ADDR $remote_addr;
        }}
    }}
}}
'''
SPAWN = '''#!/bin/sh
rm -f {dir}/run/fcgi.sock
exec spawn-fcgi -n -M 0666 -s {dir}/run/fcgi.sock -- /usr/bin/multiwatch -r 1000000 -t 1 -f 3 -- {build}/hookspool.fcgi
'''
NEEDS = {'lighttpd': ['lighttpd'], 'apache': ['apache2', APACHE_MODULES + '/mod_fcgid.so'], 'nginx': ['nginx', 'spawn-fcgi', 'multiwatch']}


def missing(server):
    return [one for one in NEEDS[server] if not (os.path.exists(one) if one.startswith('/') else shutil.which(one))]


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Place:
    def __init__(self, directory, build, server, more=''):
        self.dir, self.build, self.server = directory, build, server
        self.port = free_port()
        self.conf = f'{directory}/hookspool.conf'
        self.control = f'{directory}/run/control.sock'
        self.submit = f'{directory}/run/submit.sock'
        self.ledger = f'{directory}/ledger'
        self.lock = f'{directory}/spool/lock'
        self.secret = os.urandom(24).hex()
        os.chmod(directory, 0o711)  # a server's workers may be somebody else
        for name in ('run', 'hooks', 'lanes', 'www', 'tmp'):
            os.makedirs(f'{directory}/{name}')
        shutil.copy(f'{build}/tests/crash/hook', f'{directory}/hooks/hook')
        self.write('secret', self.secret, 0o600)
        self.write('hookspool.conf', self.configuration(more))
        open(self.ledger, 'w', encoding='utf-8').close()
        self.roots = []  # what this started itself, and must be there

    def write(self, name, text, mode=0o644):
        fd = os.open(f'{self.dir}/{name}', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(fd, 'w', encoding='utf-8') as file:
            file.write(text)

    def configuration(self, more):
        hooks = '\n'.join(f'    hook "{title}" {{ command = {{ "{self.dir}/hooks/hook", {behaviour}, "{self.ledger}", '
                          f'"{self.dir}/lanes" }} timeout = "10s" {options or RETRY} }}'
                          for title, (behaviour, options) in HOOKS.items())
        return f'''spool = "{self.dir}/spool"
socket = "{self.submit}"
control-socket = "{self.control}"
spooler = "{self.build}/hookspoold"
log = "{self.dir}/log"
max-running = 12
health-path = "/health"
{more}
source "storm" {{
    path = "/storm"
    require-https = false
    secret-file = {{ "{self.dir}/secret" }}
    signature {{ algorithm = "hmac-sha256" from = "header:X-Signature" }}
    event = "body:/event"
    id = {{ "body:/id" }}
    lane = "body:/lane"
    env = {{ "LANE=body:/lane" }}
{hooks}
}}
'''

    def start(self, *words, environment=None):
        """As a child of this process, whose end the reaper sees."""
        out = os.open(f'{self.dir}/server.err', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        null = os.open('/dev/null', os.O_RDONLY)
        program = shutil.which(words[0], path=os.environ['PATH'] + ':/usr/sbin:/sbin')
        pid = os.posix_spawn(program, words, environment or os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)],
                             setsigdef=range(1, 32), setsigmask=[])
        os.close(out)
        os.close(null)
        self.roots.append(pid)

    def start_server(self):
        self.roots = []
        names = {'dir': self.dir, 'build': self.build, 'port': self.port, 'modules': APACHE_MODULES}
        if self.server == 'lighttpd':
            self.write('lighttpd.conf', LIGHTTPD.format(**names))
            self.start('lighttpd', '-D', '-f', f'{self.dir}/lighttpd.conf')
        elif self.server == 'apache':
            self.write('apache.conf', APACHE.format(**names))
            self.start('apache2', '-f', f'{self.dir}/apache.conf', '-DFOREGROUND')
        else:
            self.write('nginx.conf', NGINX.format(**names))
            self.write('spawn', SPAWN.format(**names), 0o755)
            self.start('sh', f'{self.dir}/spawn', environment=dict(os.environ, HOOKSPOOL_CONF=self.conf))
            self.start('nginx', '-e', f'{self.dir}/server.log', '-c', f'{self.dir}/nginx.conf')

    def kill_server(self):
        """Also what it started: that a server is gone, and what it left, is for whoever supervises it to see."""
        for _ in range(100):
            them = processes.descendants()
            them = them['server'] + them['responder'] + them['starter'] + them['sh'] + them['spawn-fcgi']
            if not them:
                return
            for pid, parent in them:
                processes.send(pid, parent, signal.SIGKILL)
            time.sleep(0.005)

    def spooler(self):
        try:
            return int(processes.read(self.lock) or 0)
        except ValueError:
            return 0

    def hookspool(self, *words):
        """Not while a reaper is at work."""
        return subprocess.run([f'{self.build}/hookspool', '-c', self.conf, *words], stdout=subprocess.PIPE, stderr=sys.stderr, check=False,
                              timeout=300).stdout
