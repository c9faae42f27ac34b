// What ical.js reads in one calendar: `node read.mjs ICAL_JS < file.ics`.
// With two years after it: the offset in seconds of each hour on the clock between them.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, from, until] = process.argv.slice(2);
const { default: ICAL } = await import(pathToFileURL(module));
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));

function moment(property) {
  const time = property.getFirstValue();
  if (time.zone === ICAL.Timezone.localTimezone) throw new Error("floating time");
  return time.toUnixTime();
}

// It does not know NAME, and leaves what it does not know as it stands.
function name() {
  const written = calendar.getFirstPropertyValue("name") ?? "";
  return ICAL.design.icalendar.value.text.fromICAL(written);
}

function entry(event) {
  const value = (name) => event.getFirstPropertyValue(name) ?? "";
  const parties = (name) =>
    event.getAllProperties(name).map((p) => [
      p.getFirstValue(), p.getParameter("cn") ?? "", p.getParameter("partstat") ?? "",
    ]);
  return {
    uid: value("uid"),
    starts: moment(event.getFirstProperty("dtstart")),
    ends: moment(event.getFirstProperty("dtend")),
    status: value("status"),
    sequence: value("sequence"),
    summary: value("summary"),
    location: value("location"),
    description: value("description"),
    organizer: parties("organizer"),
    attendees: parties("attendee"),
  };
}

function offsets() {
  const zone = new ICAL.Timezone(calendar.getFirstSubcomponent("vtimezone"));
  const found = [];
  for (let at = Date.UTC(from, 0); at < Date.UTC(until, 0); at += 3600e3) {
    const wall = new Date(at);
    found.push(zone.utcOffset(new ICAL.Time({
      year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate(),
      hour: wall.getUTCHours(), minute: 0, second: 0,
    })));
  }
  return found;
}

const read = from
  ? offsets()
  : {
      method: calendar.getFirstPropertyValue("method") ?? "",
      name: name(),
      entries: calendar.getAllSubcomponents("vevent").map(entry),
    };
process.stdout.write(JSON.stringify(read));
