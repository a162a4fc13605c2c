#!/usr/bin/perl
# From the answer to the hook's first moment.  Posts COUNT webhooks to PORT and PATH, one after another over one connection, and waits
# after each until its hook has appended a line to FILE (tests/bench/hook.c).  Prints the median, the 90th percentile and the largest, in
# microseconds.  Usage: first.pl PORT PATH SECRETFILE FILE COUNT
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use IO::Socket::INET;
use Time::HiRes qw(clock_gettime sleep CLOCK_REALTIME);

my ($port, $path, $secret_file, $file, $count) = @ARGV;
open(my $s, '<', $secret_file) or die "$secret_file: $!\n";
chomp(my $secret = <$s>);
open(my $lines, '<', $file) or die "$file: $!\n";
my $http = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "port $port: $!\n";
my @gaps;
for my $i (1 .. $count) {
	my $body = qq({"event":"verification.completed","verification_id":"first-$$-$i-$path","status":"COMPLETED","output":{"verified":true}});
	my $signature = hmac_sha256_hex($body, $secret);
	my $length = length $body;
	print {$http} "POST $path HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Webhook-Signature: $signature\r\n" .
		"Content-Length: $length\r\n\r\n$body";
	my $answer = '';
	my $now;
	until ($answer =~ /\r\n\r\n.*\}\s*$/s) {
		sysread($http, $answer, 65536, length $answer) or die "no answer\n";
		$now //= clock_gettime(CLOCK_REALTIME);
	}
	$answer =~ /^HTTP\/1.1 200 .*"stored"/s or die "not stored: $answer\n";
	my $line = '';
	for (my $end = $now + 10; $line !~ /\n/; sleep 0.0005) {
		die "the hook does not run\n" if clock_gettime(CLOCK_REALTIME) > $end;
		seek($lines, 0, 1);
		$line .= readline($lines) // '';
	}
	my ($at) = split ' ', $line;
	push @gaps, $at / 1e3 - $now * 1e6 if $i > 3;    # the first ones start the worker
}
@gaps = sort { $a <=> $b } @gaps;
printf "%.0f %.0f %.0f\n", $gaps[@gaps / 2], $gaps[@gaps * 0.9], $gaps[-1];
