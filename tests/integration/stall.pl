# A FastCGI client that begins requests and does not go on.  stall.pl SOCKET COUNT HOW SECONDS: COUNT connections at once, which send, by HOW,
#   nothing   not a byte
#   header    half of the first record's header
#   half      half of their parameters
#   cut       the same, and close
#   drip      a byte of their parameters each 50 ms, which never end
# It says "ready" when all have begun, and then, of each that the other side has ended, the seconds it took; at most SECONDS.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my ($path, $count, $how, $seconds) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;

sub record { my ($type, $bytes) = @_; return pack('CCnnCx', 1, $type, 1, length $bytes, 0) . $bytes }
my $begin  = record(1, pack('nCx5', 1, 0));
my $name   = 'REQUEST_METHOD';
my $params = pack('CC', length $name, 4) . $name . 'POST' . pack('CC', 11, 100) . 'REQUEST_URI' . '/' x 100;
my $half   = $begin . substr(record(4, $params), 0, 8 + length($params) / 2);
my %first  = (nothing => '', header => substr($begin, 0, 4), half => $half, cut => $half, drip => $begin);

my $start = time;
my $select = IO::Select->new;
for (1 .. $count) {
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!\n";
	syswrite $socket, $first{$how} if length $first{$how};
	if ($how eq 'cut') { close $socket }
	else               { $select->add($socket) }
}
print "ready\n";
while ($select->count && time - $start < $seconds) {
	for my $socket ($select->can_read(0.05)) {
		next if sysread $socket, my $bytes, 4096;
		printf "%.1f\n", time - $start;
		$select->remove($socket);
		close $socket;
	}
	if ($how eq 'drip') { syswrite $_, record(4, 'x') for $select->handles }
}
