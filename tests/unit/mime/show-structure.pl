#!/usr/bin/perl
# The structure of each file named on standard input as Perl's MIME::Tools sees it: a line with the
# name, a tab and the types of the parts.  For tests/unit/mime/compare-parsers.
use strict;
use warnings;
use MIME::Parser;

sub shape {
	my ($entity) = @_;
	my $type = lc $entity->mime_type;
	my @parts = map { shape($_) } $entity->parts;
	return @parts || $type =~ m{^multipart/} ? "$type(@parts)" : $type;
}

my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);
$parser->extract_nested_messages(1);
$parser->decode_bodies(0);
$parser->ignore_errors(1);
$SIG{__WARN__} = sub { };
while (my $path = <STDIN>) {
	chomp $path;
	open(my $file, '<:raw', $path) or next;
	my $octets = do { local $/; <$file> };
	$octets =~ s/\r\n/\n/g; # what it expects
	my $entity = eval { $parser->parse_data($octets) };
	print "$path\t", defined $entity ? shape($entity) : 'none', "\n";
}
