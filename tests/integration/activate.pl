# Does to a service what systemd does with Accept=no and StandardInput=socket: listens, starts it at the first connection with
# the socket as descriptor 0 and 3, and again after it ended.  activate.pl SOCKET PROGRAM
use strict;
use warnings;
use IO::Socket::UNIX;
use IO::Select;
use POSIX qw(dup2 WNOHANG);

my ($path, $program) = @ARGV;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 128) or die "listen: $!\n";
my $service = 0;

chmod 0660, $path;
$SIG{TERM} = $SIG{INT} = sub {
	kill 'TERM', $service if $service;
	waitpid $service, 0 if $service;
	exit 0;
};
for (;;) {
	IO::Select->new($listener)->can_read or next;
	$service = fork // die "fork: $!\n";
	if ($service == 0) {
		dup2(fileno $listener, 0);
		dup2(0, 3);
		$ENV{LISTEN_FDS} = 1;
		$ENV{LISTEN_PID} = $$;
		exec $program or die "$program: $!\n";
	}
	waitpid $service, 0;
	$service = 0;
}
