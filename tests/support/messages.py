"""Messages that tests send."""
import datetime
import email.message
import email.policy
import email.utils
import secrets


def plain(subject="Hello", text="Hello,\r\nthis is a message.\r\n", sender="sender@example.test",
          recipient="reader@example.test"):
    return (f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nDate: {email.utils.formatdate()}\r\n"
            f"Message-ID: <{secrets.token_hex(8)}@example.test>\r\n\r\n{text}").encode()


class Meeting:
    """A meeting of organizer and attendee; its iTIP messages as mail."""

    def __init__(self, organizer, attendee, title="Quarterly planning", start=None, minutes=90, location="Room 4",
                 zone=None):
        self.uid = f"{secrets.token_hex(8)}@example.test"
        self.organizer, self.attendee = organizer, attendee
        self.title, self.location, self.minutes = title, location, minutes
        self.start = start or (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=10)).replace(
            hour=12, minute=0, second=0, microsecond=0)
        self.zone, self.sequence, self.extra = zone, 0, []

    def calendar(self, method="REQUEST", status="CONFIRMED", partstat="NEEDS-ACTION"):
        stamp = "%Y%m%dT%H%M%SZ"
        end = self.start + datetime.timedelta(minutes=self.minutes)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.test//tests//EN", f"METHOD:{method}",
                 "BEGIN:VEVENT", f"UID:{self.uid}", f"DTSTAMP:{datetime.datetime.now(datetime.timezone.utc):{stamp}}",
                 f"DTSTART:{self.start:{stamp}}", f"DTEND:{end:{stamp}}", f"SUMMARY:{self.title}",
                 f"LOCATION:{self.location}", f"SEQUENCE:{self.sequence}", f"STATUS:{status}",
                 f"ORGANIZER;CN=Organizer:mailto:{self.organizer}",
                 f"ATTENDEE;CN=Attendee;PARTSTAT={partstat};RSVP=TRUE:mailto:{self.attendee}",
                 *self.extra, "END:VEVENT", "END:VCALENDAR", ""]
        return "\r\n".join(lines)

    def mail(self, method="REQUEST", words="Please come.\n", **more):
        sender, recipient = self.organizer, self.attendee
        if method in ("REPLY", "COUNTER", "REFRESH"):
            sender, recipient = recipient, sender
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["From"], message["To"], message["Subject"] = sender, recipient, self.title
        message["Date"] = email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc))
        message["Message-ID"] = f"<{secrets.token_hex(8)}@example.test>"
        message.set_content(words)
        message.add_alternative(self.calendar(method, **more).encode(), maintype="text", subtype="calendar",
                                params={"method": method, "charset": "utf-8"}, cte="8bit")
        return message.as_bytes()
