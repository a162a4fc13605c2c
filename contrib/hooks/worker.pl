#!/usr/bin/perl
# Worker: one line of JSON per event on standard input, one line back on standard output, hookspool-hook(7).
use strict;
use warnings;
use IO::Handle;
use JSON::PP;
use MIME::Base64;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $out  = \*STDERR;
if (@ARGV) { open($out, '>>', $ARGV[0]) or die "$ARGV[0]: $!\n" }
$out->autoflush(1);
STDOUT->autoflush(1);

# Your own work.  Returns the result and a message; die means retry.
sub handle {
	my ($event) = @_;
	my $bytes = $event->{body};
	if (defined $bytes) { utf8::encode($bytes) }
	else { $bytes = decode_base64($event->{body_base64}) }
	my $body = eval { $json->decode($bytes) };
	return ('dead', 'not an event that this worker knows')
		unless ref $body eq 'HASH' && defined $body->{verification_id} && !ref $body->{verification_id};
	# As JSON it is one line, whatever the sender put into it.
	my $id = $json->encode("$body->{verification_id}");
	print {$out} "$event->{number} $id\n" or die "can't write: $!\n";
	return ('done', $body->{verification_id});
}

while (my $line = <STDIN>) {
	my $event = $json->decode($line);
	my ($result, $message) = eval { handle($event) };
	($result, $message) = ('retry', "$@") if $@;
	print $json->encode({number => $event->{number}, result => $result, message => $message}), "\n";
}
