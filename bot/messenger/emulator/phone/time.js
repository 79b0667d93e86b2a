// Times as people read them: in their own zone and language.

const formats = new Map();

function format(locale, zone, options) {
  const key = JSON.stringify([locale, zone, options]);
  if (!formats.has(key)) {
    let made;
    try {
      made = new Intl.DateTimeFormat((locale || 'en-GB').replace('_', '-'), { ...options, timeZone: zone || 'UTC' });
    } catch {
      made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
    }
    formats.set(key, made);
  }
  return formats.get(key);
}

/** hour is 18:00. */
export const hour = (at, who) => format(who?.locale, who?.timezone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));

/** day tells calendar days apart. */
const day = (at, who) => format('en-CA', who?.timezone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(at));

/** stamp is what stands between messages: the hour today, the weekday this week, else the date. */
export function stamp(at, now, who, words) {
  const age = (new Date(now) - new Date(at)) / 86400e3;
  if (day(at, who) === day(now, who)) return hour(at, who);
  if (day(at, who) === day(new Date(now) - 86400e3, who)) return `${words.yesterday} ${hour(at, who)}`;
  if (age < 6.5) return `${format(who?.locale, who?.timezone, { weekday: 'long' }).format(new Date(at))} ${hour(at, who)}`;
  return `${format(who?.locale, who?.timezone, { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(at))}, ${hour(at, who)}`;
}

/** full is for panels: Fri 27 Mar 2026, 18:00. */
export const full = (at, who) => format('en-GB', who?.timezone, {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
}).format(new Date(at));

/** brief is full without the year. */
export const brief = (at, who) => format('en-GB', who?.timezone, {
  weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
}).format(new Date(at));
