# Mail::IMAPClient over TLS through the scenario of test_imap_clients.py.
use strict;
use warnings;
use utf8;
use Encode qw(encode decode);
use Encode::IMAPUTF7;
use Mail::IMAPClient;
use MIME::Base64;

$| = 1;
$SIG{__WARN__} = sub { die "warned: @_" };

my %files = map { ($_ => slurp("$ENV{IMAP_FILES}/$_")) } qw(text parts octets all-octets);
my $date = "05-Mar-2024 06:07:08 +0100";

sub slurp {
	open(my $in, "<:raw", $_[0]) or die "$_[0]: $!";
	local $/;
	return scalar <$in>;
}
sub done { print "done $_[0]\n" }
# Octets, not characters: joined to a command they would make its literals grow on the way out.
sub utf7 { my $name = encode("IMAP-UTF-7", $_[0]); utf8::downgrade($name); return $name }
sub same { my ($found, $wanted, $what) = @_; $found eq $wanted or die "$what: <$found>, not <$wanted>" }

my $imap = Mail::IMAPClient->new(
	Server => "localhost", Port => $ENV{IMAP_PORT}, Ssl => [ SSL_ca_file => $ENV{IMAP_CA}, SSL_verify_mode => 1 ],
	User => $ENV{IMAP_USER}, Password => $ENV{IMAP_PASSWORD}, Uid => 1, Timeout => 120, RaiseErr => 1)
	or die "no connection: $@";
sub ok { my ($answer, $what) = @_; defined $answer or die "$what: " . $imap->LastError; return $answer }
done("sign in");

ok($imap->create(utf7($_)), "create") for ("Größe", "Größe/Übung & Söhne", "Größe/weg", "日本語");
ok($imap->rename(utf7("日本語"), utf7("Archiv ✓")), "rename");
ok($imap->delete(utf7("Größe/weg")), "delete");
ok($imap->subscribe(utf7("Größe")), "subscribe");
my %names = map { (decode("IMAP-UTF-7", $_) => 1) } $imap->folders;
$names{$_} or die "no folder " . encode("UTF-8", $_) for ("INBOX", "Größe", "Größe/Übung & Söhne", "Archiv ✓");
$imap->exists(utf7("Größe")) or die "STATUS knows no folder";
!$imap->create(utf7("Größe")) or die "made twice";
done("folders");

my %flags = (text => "\\Seen", parts => "\\Flagged \\Draft \$Label1", octets => undef);
my $uid = 0;
for my $name (qw(text parts octets)) {
	same(ok($imap->append_string(utf7("Größe"), $files{$name}, $flags{$name}, $date), "append"), ++$uid, "UID");
}
done("append");

ok($imap->select(utf7("Größe")), "select");
same($imap->message_count, 3, "messages");
my @uids = (1, 2, 3);
for my $name (qw(text parts octets)) {
	my $at = shift @uids;
	same(ok($imap->message_string($at), "fetch"), $files{$name}, $name);
	same($imap->size($at), length $files{$name}, "size of $name");
	same($imap->internaldate($at), $date, "date of $name");
}
same(join(" ", sort grep { $_ ne "\\Recent" && $_ ne "\\Seen" } $imap->flags(2)), "\$Label1 \\Draft \\Flagged", "flags");
ok($imap->unset_flag("Seen", 2, 3), "unsee");
done("fetch");

my $structure = ok($imap->get_bodystructure(2), "structure");
same(join(" ", map { uc $_->bodytype } $structure->bodystructure), "TEXT APPLICATION MESSAGE TEXT", "structure");
same(decode_base64($imap->bodypart_string(2, 2)), $files{"all-octets"}, "attachment");
my $whole = "";
for (my $at = 0; $at < length $files{parts}; $at += 1000) {
	my @lines = $imap->fetch(2, "BODY.PEEK[]<$at.1000>");
	shift @lines until $lines[0] =~ /^\* 2 FETCH/;
	$whole .= $lines[1];
}
same($whole, $files{parts}, "pieces");
ok($imap->unset_flag("Seen", 2), "unsee");
my $envelope = ok($imap->get_envelope(2), "envelope");
same($envelope->from_addresses, "<reader\@example.test>", "from");
done("parts");

same(join(" ", $imap->search("SUBJECT", $imap->Quote("Drei"))), "2", "subject");
same(join(" ", $imap->search("CHARSET", "UTF-8", "TEXT", encode("UTF-8", "Übermut"))), "1", "text");
same(join(" ", $imap->seen), "1", "seen");
same(join(" ", $imap->search("NOT KEYWORD \$Label1 SINCE 5-Mar-2024")), "1 3", "not");
same(scalar(my @sorted = $imap->sort("REVERSE SIZE", "UTF-8", "ALL")), 3, "SORT");
same(scalar(@{ $imap->thread("REFERENCES", "UTF-8", "ALL") }), 3, "THREAD");
done("search");

ok($imap->store(2, "-FLAGS (\\Draft)"), "-FLAGS");
ok($imap->store(3, "+FLAGS.SILENT (\\Answered Neu)"), "+FLAGS");
ok($imap->store(1, "FLAGS (\\Flagged)"), "FLAGS");
my $now = $imap->fetch_hash("FLAGS");
same(join(" ", grep { $_ ne "\\Recent" } split / /, $now->{1}{FLAGS}), "\\Flagged", "replaced");
same(join(" ", sort grep { $_ ne "\\Recent" } split / /, $now->{2}{FLAGS}), "\$Label1 \\Flagged", "-FLAGS");
$now->{3}{FLAGS} =~ /Neu/ or die "a new keyword";
done("flags");

same(ok($imap->copy(utf7("Größe/Übung & Söhne"), 2), "copy"), 1, "UID of the copy");
done("copy");

ok($imap->tag_and_run("UID MOVE 1 " . $imap->Quote(utf7("Archiv ✓"))), "move");
same(join(" ", $imap->messages), "2 3", "what is left");
done("move");

ok($imap->delete_message(3), "delete_message");
ok($imap->uidexpunge(3), "uidexpunge");
same(join(" ", $imap->messages), "2", "what is left");
ok($imap->create(utf7("weg")), "create");
ok($imap->delete(utf7("weg")), "delete");
done("expunge");

ok($imap->select("INBOX"), "select");
my $tag = ok($imap->idle, "IDLE");
print "mail awaited by Mail::IMAPClient\n";
my @news;
push @news, $imap->idle_data(30) until grep { /EXISTS/ } @news;
ok($imap->done($tag), "DONE");
same($imap->subject(1), "awaited by Mail::IMAPClient", "the new message");
done("idle");
ok($imap->logout, "logout");
done("sign out");
