"""Facts of one meeting as several readers tell them, side by side, and whether a text made of
them says them: for compare-facts, and for mail as it was delivered."""
import datetime
import email
import email.policy
import re
import urllib.parse

FIRST = 20
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "DELEGATED": "delegated"}


def calendar_of(path):
    """The octets of the calendar in a file: itself, or the first one with METHOD in a mail."""
    with open(path, "rb") as file:
        octets = file.read()
    if re.match(rb"(\xef\xbb\xbf)?\s*BEGIN:V", octets, re.I):
        return octets
    mail = email.message_from_bytes(octets, policy=email.policy.compat32)
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if content and re.search(rb"^BEGIN:VCALENDAR", content, re.M) and re.search(rb"^METHOD:", content, re.M):
            return content
    return None


# ---- facts side by side ----------------------------------------------------------

def plain(text):
    """White space and line ends as they are shown; a backslash before a quote is a producer's slip."""
    text = re.sub(r'\\([":])', r"\1", text or "")
    return " ".join(re.sub(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", "", text).split())


def address(person):
    """Lower case, without mailto:; "" for what is no mail address."""
    text = urllib.parse.unquote(re.sub("(?i)^mailto:", "", (person or {}).get("address") or "").strip())
    return text.lower() if re.fullmatch(r"[^\s:]+@[^\s:]+", text) else ""


def answers(event):
    return [(address(p), p["partstat"].upper() if (p["partstat"] or "").upper() in ANSWERS else "NEEDS-ACTION")
            for p in event["attendees"]]


def told(time):
    """What a time says: where it has one, its instant; else its wall clock."""
    if not time or time["kind"] == "none":
        return None
    return time["wall"] if time["instant"] is None or time["kind"] not in ("utc", "zoned") else time["instant"]


def same_time(ours, theirs):
    """Equal as instants; where one of the two does not know the zone, on the wall clock."""
    if told(ours) == told(theirs):
        return True
    kinds = {t["kind"] if t else "none" for t in (ours, theirs)}
    return len(kinds) == 2 and not kinds & {"date", "utc", "none"} and ours["wall"] == theirs["wall"]


def knows_zone(ours, theirs):
    return all(theirs[name] and ours[name]["kind"] == theirs[name]["kind"] for name in ("start", "end"))


def pick(events, ours):
    """Their event that is this one of ours: the same occurrence, the newest of several copies."""
    same = [e for e in events if same_time(ours["recurrence_id"], e["recurrence_id"])]
    return max(same, key=lambda e: int(e["sequence"] or 0), default=None)


def event_facts(ours, theirs):
    """(name, our value, their value, whether they are the same)"""
    for name in ("summary", "location", "description"):
        yield name, plain(ours[name]), plain(theirs[name]), plain(ours[name]) == plain(theirs[name])
    if theirs["start"]:
        yield "start", ours["start"], theirs["start"], same_time(ours["start"], theirs["start"])
        if knows_zone(ours, theirs):
            yield "end", ours["end"], theirs["end"], same_time(ours["end"], theirs["end"])
    for name, value in (("organizer", lambda e: address(e["organizer"])), ("attendees", answers)):
        yield name, value(ours), value(theirs), value(ours) == value(theirs)


def first_starts(facts):
    return sorted(o["start"]["wall"] for o in facts["occurrences"])[:FIRST]


def all_facts(ours, theirs):
    for event in ours["events"]:
        other = pick(theirs["events"], event)
        if other is not None:
            for name, own, read, same in event_facts(event, other):
                yield (told(event["recurrence_id"]), name), own, read, same
    if ours["occurrences"] and theirs["occurrences"]:
        own, read = first_starts(ours), first_starts(theirs)
        yield (None, "occurrences"), own, read, own == read


def agreed_facts(ours, theirs, event):
    """The names of what both say of our first event; `event` is theirs."""
    main = told(ours["events"][0]["recurrence_id"])
    agreed = {key[1] for key, _, _, same in all_facts(ours, theirs) if same and key[0] == main}
    return agreed if knows_zone(ours["events"][0], event) else agreed - {"start", "end"}


# ---- what the rendering says -----------------------------------------------------


def rows_of(text):
    """{label: text} of the block of rows, with the lines of each row joined."""
    rows, label = {}, None
    for line in text.split("\n\n")[1].splitlines() if "\n\n" in text else []:
        if line[:1] != " ":
            label, _, line = line.partition(" ")
            rows[label] = ""
        rows[label] = (rows[label] + " " + line.strip()).strip()
    return rows


def fields(time):
    if time["kind"] in ("utc", "zoned"):
        return datetime.datetime.fromtimestamp(time["instant"], datetime.timezone.utc).replace(tzinfo=None)
    return datetime.datetime.strptime(time["wall"], "%Y%m%dT%H%M%S")


def day_words(day):
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def whole_days(path, event):
    """Where what is shown differs on purpose from the times in the file: Exchange writes whole days
    as midnights of its own zone, and says so beside them."""
    said = re.search(rb"(?im)^X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\s*$", calendar_of(path) or b"")
    walls = [event[name]["wall"] for name in ("start", "end")]
    return bool(said) and walls[0] < walls[1] and all(wall.endswith("T000000") for wall in walls)


def span_words(start, end, days=False):
    """As a reader in UTC is to see it; days: whole ones, written as midnights."""
    first, last = fields(start), fields(end)
    if days:
        first, last = (datetime.datetime.strptime(time["wall"], "%Y%m%dT%H%M%S") for time in (start, end))
    if days or start["kind"] == "date":
        last = max(last - datetime.timedelta(days=1), first)
        return day_words(first) + ("" if first == last else " to " + day_words(last)) + ", all day"
    words = f"{day_words(first)}, {first:%H:%M}"
    if first.date() != last.date():
        return words + f" to {day_words(last)}, {last:%H:%M}"
    return words if f"{first:%H:%M}" == f"{last:%H:%M}" else words + f" to {last:%H:%M}"


def answer_is_shown(person, who):
    name = plain(person["name"] or "").lower() or address(person)
    item = re.search("(?:^|, )" + re.escape(name) + r"(?: \(([^)]*)\))?(?=, |$)", who.lower())
    said = {word for word in ANSWERS.values() if item and word in (item.group(1) or "").split(", ")}
    return bool(item) and said == {ANSWERS[p] for p in [(person["partstat"] or "").upper()] if p in ANSWERS}


def rendered_faults(ours, event, agreed):
    """What the libraries read and the rendering does not say."""
    rows, title = rows_of(ours["text"]), plain(event["summary"])
    heading = ours["text"].split("\n", 1)[0]
    if "summary" in agreed and 0 < len(title) < 300 and not heading.endswith(": " + title):
        yield f"title {title!r} not in {heading!r}"
    if {"start", "end"} <= agreed:
        when = span_words(event["start"], event["end"], whole_days(ours["path"], event))
        if not re.match(re.escape(when) + r"( +\(|$| every| for| this| on| repeats)", rows.get("When", "")):
            yield f"when {when!r} not in {rows.get('When')!r}"
    if "location" in agreed and len(plain(event["location"])) < 500 and rows.get("Where", "") != plain(event["location"]):
        yield f"where {plain(event['location'])!r} is not {rows.get('Where')!r}"
    if "organizer" in agreed and ours["method"] not in ("REPLY", "COUNTER", "REFRESH") and \
            address(event["organizer"]) not in rows.get("From", "").lower():
        yield f"organizer {address(event['organizer'])!r} not in {rows.get('From')!r}"
    if "attendees" in agreed and len(event["attendees"]) <= 7:
        for person in event["attendees"]:
            if address(person) not in ("", ours["reader"].lower()) and not answer_is_shown(person, rows.get("Who", "")):
                yield f"{person} not in {rows.get('Who')!r}"
