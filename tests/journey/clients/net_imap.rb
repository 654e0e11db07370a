# Ruby's Net::IMAP over STARTTLS through the scenario of test_imap_clients.py.
require "net/imap"
require "time"

FILES = %w[text parts octets all-octets].to_h { |name| [name, File.binread("#{ENV["IMAP_FILES"]}/#{name}")] }
DATE = Time.new(2024, 3, 5, 6, 7, 8, "+01:00")

def done(step)
  puts "done #{step}"
  $stdout.flush
end

def check(truth, what)
  raise "not so: #{what}" unless truth
end

def utf7(name)
  Net::IMAP.encode_utf7(name)
end

def same(found, wanted, what)
  check(found == wanted, "#{what}: #{found.inspect[0, 300]}, not #{wanted.inspect[0, 300]}")
end

imap = Net::IMAP.new("localhost", port: ENV["IMAP_PLAIN_PORT"].to_i)
check(imap.capability.include?("STARTTLS"), "STARTTLS is offered")
imap.starttls(ca_file: ENV["IMAP_CA"])
imap.authenticate("PLAIN", ENV["IMAP_USER"], ENV["IMAP_PASSWORD"])
done "sign in"

["Größe", "Größe/Übung & Söhne", "Größe/weg", "日本語"].each { |name| imap.create(utf7(name)) }
imap.rename(utf7("日本語"), utf7("Archiv ✓"))
imap.delete(utf7("Größe/weg"))
imap.subscribe(utf7("Größe"))
names = imap.list("", "*").map { |it| Net::IMAP.decode_utf7(it.name) }
["INBOX", "Größe", "Größe/Übung & Söhne", "Archiv ✓"].each { |name| check(names.include?(name), name) }
same(imap.lsub("", "*").map { |it| Net::IMAP.decode_utf7(it.name) }.include?("Größe"), true, "LSUB")
same(imap.status(utf7("Größe"), %w[MESSAGES UIDNEXT]), { "MESSAGES" => 0, "UIDNEXT" => 1 }, "STATUS")
begin
  imap.create(utf7("Größe"))
  raise "made twice"
rescue Net::IMAP::NoResponseError => error
  same(error.response.data.code.name, "ALREADYEXISTS", "response code")
end
done "folders"

{ "text" => [:Seen], "parts" => [:Flagged, :Draft, "$Label1"], "octets" => [] }.each do |name, flags|
  answer = imap.append(utf7("Größe"), FILES[name], flags, DATE)
  check(answer.data.code.name == "APPENDUID", "APPENDUID")
end
done "append"

imap.select(utf7("Größe"))
same(imap.responses["EXISTS"][-1], 3, "EXISTS")
%w[text parts octets].each_with_index do |name, at|
  message = imap.fetch(at + 1, %w[UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY.PEEK[]])[0]
  same(message.attr["BODY[]"].b, FILES[name], name)
  same(message.attr["RFC822.SIZE"], FILES[name].bytesize, "size of #{name}")
  same(Time.parse(message.attr["INTERNALDATE"]), DATE, "date of #{name}")
end
same((imap.fetch(2, "FLAGS")[0].attr["FLAGS"] - [:Recent]).map(&:to_s).sort, %w[$Label1 Draft Flagged], "flags")
done "fetch"

structure = imap.fetch(2, "BODYSTRUCTURE")[0].attr["BODYSTRUCTURE"]
same([structure.subtype, structure.parts.map(&:media_type)], ["MIXED", %w[TEXT APPLICATION MESSAGE]], "structure")
same(structure.parts[1].disposition.param["FILENAME"], "alle Bytes.bin", "file name")
same(structure.parts[2].body.subtype, "PLAIN", "the message inside")
same(imap.uid_fetch(2, "BODY.PEEK[2]")[0].attr["BODY[2]"].unpack1("m"), FILES["all-octets"], "attachment")
pieces = (0...FILES["parts"].bytesize).step(1000).map do |at|
  imap.fetch(2, "BODY.PEEK[]<#{at}.1000>")[0].attr["BODY[]<#{at}>"].to_s.b
end
same(pieces.join, FILES["parts"], "pieces")
done "parts"

same(imap.search(["SUBJECT", "für".b], "UTF-8"), [2], "subject")
same(imap.uid_search(["TEXT", "Übermut".b], "UTF-8"), [1], "text")
same(imap.search(%w[SEEN]), [1], "seen")
same(imap.search(%w[NOT KEYWORD $Label1 SINCE 5-Mar-2024]), [1, 3], "not")
same(imap.sort(["REVERSE", "SIZE"], ["ALL"], "UTF-8").length, 3, "SORT")
same(imap.thread("REFERENCES", ["ALL"], "UTF-8").length, 3, "THREAD")
done "search"

imap.store(2, "-FLAGS", [:Draft])
imap.store(3, "+FLAGS.SILENT", [:Answered, "Neu"])
same((imap.store(1, "FLAGS", [:Flagged])[0].attr["FLAGS"] - [:Recent]), [:Flagged], "replaced")
check(!imap.fetch(2, "FLAGS")[0].attr["FLAGS"].include?(:Draft), "-FLAGS")
check(imap.fetch(3, "FLAGS")[0].attr["FLAGS"].include?("Neu"), "a new keyword")
done "flags"

same(imap.uid_copy(2, utf7("Größe/Übung & Söhne")).data.code.name, "COPYUID", "COPYUID")
done "copy"

imap.uid_move(1, utf7("Archiv ✓"))
same(imap.responses.delete("EXPUNGE"), [1], "EXPUNGE of a move")
same(imap.uid_search(%w[ALL]), [2, 3], "what is left")
done "move"

imap.store(2, "+FLAGS", [:Deleted])
same(imap.expunge, [2], "expunged")
imap.create(utf7("weg"))
imap.delete(utf7("weg"))
done "expunge"

imap.select("INBOX")
puts "mail awaited by Net::IMAP"
$stdout.flush
imap.idle(30) do |response|
  imap.idle_done if response.is_a?(Net::IMAP::UntaggedResponse) && response.name == "EXISTS"
end
same(imap.fetch(1, "ENVELOPE")[0].attr["ENVELOPE"].subject, "awaited by Net::IMAP", "the new message")
done "idle"
imap.logout
imap.disconnect
done "sign out"
