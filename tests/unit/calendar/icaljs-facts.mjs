/* What ical.js reads out of calendars, for compare-facts.
 * node icaljs-facts.mjs PATH-OF-ICAL.JS <NAMES: one JSON object a line and file that it reads. */
import { readFileSync } from "node:fs";
import vm from "node:vm";

const MAX_STARTS = 40, MILLISECONDS = 500;

function time(value) {
  if (!value) return null;
  const two = (n, width = 2) => String(n).padStart(width, "0");
  const kind = value.isDate ? "date" : value.zone === ICAL.Timezone.utcTimezone ? "utc"
    : value.zone === ICAL.Timezone.localTimezone ? "floating" : "zoned";
  return {
    kind,
    wall: two(value.year, 4) + two(value.month) + two(value.day) + "T" + two(value.hour) + two(value.minute) + two(value.second),
    instant: kind === "utc" || kind === "zoned" ? value.toUnixTime() : null,
  };
}

function person(property) {
  return { address: property.getFirstValue(), partstat: property.getFirstParameter("partstat") || null,
    name: property.getFirstParameter("cn") || null };
}

function facts(component) {
  const event = new ICAL.Event(component);
  const first = (name) => component.getFirstPropertyValue(name);
  return {
    summary: first("summary"), location: first("location"), description: first("description"),
    recurrence_id: time(first("recurrence-id")), start: time(event.startDate), end: time(event.endDate),
    sequence: first("sequence") || 0,
    organizer: component.getFirstProperty("organizer") ? person(component.getFirstProperty("organizer")) : null,
    attendees: component.getAllProperties("attendee").map(person),
  };
}

function occurrences(components) {
  const master = components.find((c) => !c.hasProperty("recurrence-id"));
  if (!master) return [];
  const event = new ICAL.Event(master, { exceptions: components.filter((c) => c !== master), strictExceptions: false });
  if (!event.isRecurring()) return [{ start: time(event.startDate), end: time(event.endDate) }];
  const iterator = event.iterator(), found = [];
  for (let next; found.length < 2 * MAX_STARTS && (next = iterator.next());) {
    const details = event.getOccurrenceDetails(next);
    found.push({ start: time(details.startDate), end: time(details.endDate), id: time(next) });
  }
  return found;
}

function read(text) {
  ICAL.TimezoneService.reset();
  let roots = ICAL.parse(text);
  if (typeof roots[0] === "string") roots = [roots];
  const calendars = roots.map((root) => new ICAL.Component(root));
  for (const calendar of calendars)
    for (const zone of calendar.getAllSubcomponents("vtimezone"))
      ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  const components = calendars.flatMap((c) => c.name === "vevent" ? [c] : c.getAllSubcomponents("vevent"));
  return JSON.stringify({ events: components.map(facts), occurrences: occurrences(components) });
}

/* In a context of its own, so that a rule that never ends can be ended. */
const context = vm.createContext({ module: { exports: {} }, exports: {}, MAX_STARTS });
vm.runInContext(readFileSync(process.argv[2], "utf8"), context);
vm.runInContext("const ICAL = module.exports.default || module.exports;\n" +
  [time, person, facts, occurrences, read].map(String).join("\n"), context);
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  context.text = readFileSync(path, "utf8");
  try {
    const found = vm.runInContext("read(text)", context, { timeout: MILLISECONDS });
    console.log(JSON.stringify({ path, ...JSON.parse(found) }));
  } catch { /* what it can't read says nothing about us */ }
}
