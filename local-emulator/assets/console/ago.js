// Moments as people say them: how long ago, with the exact one for whoever points at it. They stay right while a page is open.

import { make } from './dom.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Nearer than this is now. */
const NOW = 10 * SECOND;
/** From here on a date says more than a number of days. */
const DATED = 7 * DAY;
/** How often what stands on the page is said anew. */
const EVERY = 10 * SECOND;

const UNITS = [[DAY, 'day'], [HOUR, 'h'], [MINUTE, 'min'], [SECOND, 's']];

/** `at` as it is said at `now`, both milliseconds: `5 min ago`, `in 2 days`, `14 Nov`. */
export function said(at, now) {
  const away = Math.abs(now - at);
  if (away < NOW) return 'just now';
  if (away >= DATED) return dated(new Date(at), new Date(now));
  const [size, unit] = UNITS.find(([least]) => away >= least);
  const many = Math.floor(away / size);
  const text = `${many} ${unit === 'day' && many > 1 ? 'days' : unit}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

const dated = (at, now) => at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }) });

const exact = at => at.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** A moment; what the API calls none is none. */
export function ago(text) {
  if (!text) return '';
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  begin();
  return make('time', { class: 'ago', dateTime: at.toISOString(), title: exact(at) }, said(at.getTime(), Date.now()));
}

/** A moment between words: `by('changed ', text, ' by ada')`. */
export const by = (...parts) => make('span', {}, parts);

let begun = false;
function begin() {
  if (begun) return;
  begun = true;
  setInterval(() => {
    if (document.hidden) return;
    for (const one of document.querySelectorAll('time.ago')) {
      const now = said(new Date(one.dateTime).getTime(), Date.now());
      if (one.textContent !== now) one.textContent = now;
    }
  }, EVERY);
}
