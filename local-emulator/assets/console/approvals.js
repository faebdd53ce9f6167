// Approvals: what waits to be decided, what was decided, and who decides for whom.
//
// To add a page below `#approvals/NAME`: a file with `open(root, stopped)`, and its line in BELOW. Whatever else follows in the
// address is an approval's identifier.

import { make } from './dom.js';
import * as list from './approval_list.js';
import * as approval from './approval.js';
import * as absences from './substitutions.js';
import * as calendars from './calendars.js';
import * as templates from './approval_templates.js';

const BELOW = { '': list, absences, calendars, templates };
const LINKS = [['', 'To decide and decided'], ['absences', 'Absences'], ['calendars', 'Calendars'], ['templates', 'Templates']];

export function open(root, stopped, rest) {
  const name = Object.hasOwn(BELOW, rest) ? rest : null;
  root.append(make('nav', { class: 'below', 'aria-label': 'Approvals' }, LINKS.map(([to, text]) =>
    make('a', { href: to ? `#approvals/${to}` : '#approvals', 'aria-current': to === name ? 'page' : null }, text))));
  return name === null ? approval.open(root, stopped, rest) : BELOW[name].open(root, stopped);
}
