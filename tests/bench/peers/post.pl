#!/usr/bin/perl
# Posts webhooks to PORT and PATH, one for each ID and each over a connection of its own, with a pause before.  Prints for each when it was
# sent and answered (seconds since the epoch) and the status.  Usage: post.pl PORT PATH SECRETFILE ID...
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($port, $path, $secret_file, @ids) = @ARGV;
open(my $s, '<', $secret_file) or die "$secret_file: $!\n";
chomp(my $secret = <$s>);
for my $id (@ids) {
	my $body = qq({"event":"verification.completed","verification_id":"$id","status":"COMPLETED","output":{"verified":true}});
	my $signature = hmac_sha256_hex($body, $secret);
	my $length = length $body;
	sleep 0.13;
	my $http = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "port $port: $!\n";
	my $sent = time;
	print {$http} "POST $path HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Webhook-Signature: $signature\r\n" .
		"Connection: close\r\nContent-Length: $length\r\n\r\n$body";
	my $answer = '';
	my $answered;
	while (sysread($http, $answer, 65536, length $answer)) {
		$answered //= time;
	}
	$answer =~ /^HTTP\/1\.[01] (\d+)/ or die "no answer\n";
	printf "%.6f %.6f %s\n", $sent, $answered, $1;
}
