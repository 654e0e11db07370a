"""What python3-icalendar reads out of a calendar, and dateutil expands, for compare-facts.

Left out of expansion: rules below DAILY (we show the start alone), BYWEEKNO without BYDAY
(dateutil takes every day of the week, RFC 5545 the one of DTSTART), EXRULE."""
import datetime
import itertools
import re

import icalendar.timezone_cache
from dateutil.rrule import rruleset, rrulestr
from icalendar import Calendar

MAX_STARTS = 40


def listed(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def first(component, name):
    values = listed(component.get(name))
    return values[0] if values else None


def wall(moment, zone):
    """The moment on the series' own wall clock."""
    if not isinstance(moment, datetime.datetime):
        return datetime.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo and zone:
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)


def time(moment):
    if moment is None:
        return None
    if not isinstance(moment, datetime.datetime):
        return {"kind": "date", "wall": f"{moment:%Y%m%d}T000000", "instant": None}
    kind = "floating" if moment.tzinfo is None else "utc" if str(moment.tzinfo) == "UTC" else "zoned"
    return {"kind": kind, "wall": f"{moment:%Y%m%dT%H%M%S}",
            "instant": None if kind == "floating" else int(moment.timestamp())}


def end_of(event):
    start, end, duration = first(event, "DTSTART"), first(event, "DTEND"), first(event, "DURATION")
    if start is None:
        return None
    if end is not None:
        return end.dt
    if duration is not None:
        if start.dt.tzinfo if isinstance(start.dt, datetime.datetime) else False:
            exact = start.dt + duration.dt
            return start.dt.tzinfo.normalize(exact) if hasattr(start.dt.tzinfo, "normalize") else exact
        return start.dt + duration.dt
    return start.dt if isinstance(start.dt, datetime.datetime) else start.dt + datetime.timedelta(days=1)


def person(value):
    parameters = getattr(value, "params", {})
    return {"address": str(value), "partstat": parameters.get("PARTSTAT"), "name": parameters.get("CN")}


def facts(event):
    def text(name):
        value = first(event, name)
        return None if value is None else str(value)

    def moment(name):
        value = first(event, name)
        return None if value is None else time(value.dt)

    organizer = first(event, "ORGANIZER")
    return {"summary": text("SUMMARY"), "location": text("LOCATION"), "description": text("DESCRIPTION"),
            "recurrence_id": moment("RECURRENCE-ID"), "start": moment("DTSTART"), "end": time(end_of(event)),
            "sequence": int(event.get("SEQUENCE", 0)), "uid": text("UID"),
            "organizer": person(organizer) if organizer is not None else None,
            "attendees": [person(p) for p in listed(event.get("ATTENDEE"))]}


class LeftOut(Exception):
    pass


def add_rules(starts, event, start, base, zone):
    for rule in listed(event.get("RRULE")):
        if rule.get("UNTIL"):
            until = rule["UNTIL"][0]
            if not isinstance(until, datetime.datetime) and isinstance(start, datetime.datetime):
                until = datetime.datetime(until.year, until.month, until.day, 23, 59, 59)
            rule["UNTIL"] = [wall(until, zone)]
        text = rule.to_ical().decode()
        if re.search("FREQ=(HOURLY|MINUTELY|SECONDLY)", text) or ("BYWEEKNO" in text and "BYDAY" not in text):
            raise LeftOut
        starts.rrule(rrulestr(text, dtstart=base))


def series_starts(event, events):
    """The starts of the series itself, without those of its exceptions, on its own wall clock."""
    if "EXRULE" in event or (event.errors and not event.get("RRULE")):  # a rule they could not read
        raise LeftOut
    start = first(event, "DTSTART").dt
    zone = start.tzinfo if isinstance(start, datetime.datetime) else None
    base, starts = wall(start, None), rruleset()
    add_rules(starts, event, start, base, zone)
    for dates in listed(event.get("RDATE")):
        for date in dates.dts:
            starts.rdate(wall(date.dt[0] if isinstance(date.dt, tuple) else date.dt, zone))
    if "RRULE" not in event:
        starts.rdate(base)
    gone = set()
    for dates in listed(event.get("EXDATE")):
        gone.update(wall(d.dt, zone) if isinstance(d.dt, datetime.datetime) else d.dt for d in dates.dts)
    gone.update(wall(c["RECURRENCE-ID"].dt, zone) for c in events if "RECURRENCE-ID" in c)
    kept = (d for d in itertools.islice(starts, 5000) if d not in gone and d.date() not in gone)
    return list(itertools.islice(kept, MAX_STARTS))


def occurrences(master, events):
    """The series with its exceptions where they stand."""
    starts = series_starts(master, events)
    starts += [wall(first(c, "DTSTART").dt, None) for c in events if "RECURRENCE-ID" in c]
    return [{"start": {"kind": time(first(master, "DTSTART").dt)["kind"], "wall": f"{d:%Y%m%dT%H%M%S}"}} for d in sorted(starts)]


def read(octets):
    icalendar.timezone_cache._timezone_cache.clear()  # else one file's VTIMEZONE serves the next
    calendars = Calendar.from_ical(octets, multiple=True)
    events = [c for calendar in calendars for c in calendar.walk() if c.name == "VEVENT"]
    masters = [c for c in events if "RECURRENCE-ID" not in c and "DTSTART" in c]
    found = {"events": [facts(c) for c in events], "occurrences": []}
    try:
        if masters:
            found["occurrences"] = occurrences(max(masters, key=lambda c: int(c.get("SEQUENCE", 0))), events)
    except Exception:  # the facts are read all the same
        pass
    return found
