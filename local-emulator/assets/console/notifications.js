// Notifications: by what oneself is told of what, what was sent, in which words, and to whom.
//
// To add a page below `#notifications/NAME`: a file with `open(root, stopped, argument)`, and its line in BELOW. `argument` is
// what follows the name in the address.

import { identity } from './api.js';
import { make } from './dom.js';
import * as mine from './notification_mine.js';
import * as sent from './notification_sent.js';
import * as message from './notification_message.js';
import * as templates from './notification_templates.js';
import * as template from './notification_template.js';
import * as targets from './notification_targets.js';
import * as people from './notification_people.js';
import * as suppressions from './notification_suppressions.js';
import * as settings from './notification_settings.js';

const BELOW = { '': mine, sent, message, templates, template, targets, people, suppressions, settings };
/** What stands below another page in the address, and belongs to one of the links. */
const OF = { message: 'sent', template: 'templates' };
const LINKS = [['', 'Mine'], ['sent', 'Sent'], ['templates', 'Templates'], ['targets', 'Targets'], ['people', 'People'], ['suppressions', 'Suppressed'], ['settings', 'Settings']];

export function open(root, stopped, rest) {
  const [name, ...argument] = rest.split('/');
  const page = Object.hasOwn(BELOW, name) ? name : '';
  const link = OF[page] || page;
  root.append(make('nav', { class: 'below', 'aria-label': 'Notifications' }, LINKS.map(([to, text]) =>
    make('a', { href: to ? `#notifications/${to}` : '#notifications', 'aria-current': to === link ? 'page' : null }, text))));
  // Only one's own page is everybody's.
  if (page && !identity.roles.includes('admin')) {
    root.append(make('p', { class: 'soft' }, 'This is for administrators: it needs the role admin, which is chosen above.'));
    return null;
  }
  return BELOW[page].open(root, stopped, argument.join('/'));
}
