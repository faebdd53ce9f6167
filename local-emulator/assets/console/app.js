// The frame: which page is shown, and as whom one acts.
//
// To add a page: a file with `title` and `open(root, stopped, rest)`, and its line in PAGES; its file in
// `src/console/assets.rs`. `rest` is what follows the page's name in the address: `#collaborate/ID`.

import { actAs, identity } from './api.js';
import { make } from './dom.js';
import * as status from './status.js';
import * as assistant from './assistant.js';
import * as use from './use.js';
import * as policy from './policy.js';
import * as providers from './providers.js';
import * as keys from './keys.js';
import * as generations from './generations.js';
import * as workflows from './workflows.js';
import * as collaborate from './collaborate.js';
import * as approvals from './approvals.js';
import * as notifications from './notifications.js';
import * as mailbox from './mailbox.js';
import * as badge from './approvals_badge.js';
import * as realtime from './realtime.js';
import * as bell from './bell.js';

const PAGES = { status, assistant, collaborate, generations, workflows, approvals, notifications, mailbox, use, policy, providers, keys, realtime };
const main = document.getElementById('page');
let open = null;

function show() {
  const [wanted, ...rest] = location.hash.slice(1).split('/');
  const name = Object.hasOwn(PAGES, wanted) ? wanted : 'status';
  if (open) open.abort();
  open = new AbortController();
  document.title = `${PAGES[name].title} – Octavo`;
  for (const link of document.querySelectorAll('#pages a')) {
    if (link.hash === `#${name}`) {
      link.setAttribute('aria-current', 'page');
      link.scrollIntoView({ block: 'nearest', inline: 'center' });
    } else link.removeAttribute('aria-current');
  }
  const root = make('div');
  main.replaceChildren(root);
  PAGES[name].open(root, open.signal, rest.join('/'));
}

document.getElementById('pages').append(...Object.entries(PAGES).map(([name, page]) => make('a', { href: `#${name}` }, page.title)));
// The skip link is a hash as well, and no page.
addEventListener('hashchange', () => { if (location.hash !== '#page') show(); });

const form = document.getElementById('identity-form');
const who = () => {
  document.getElementById('who').textContent = `${identity.user} of ${identity.tenant}${[...(identity.groups || []), ...identity.roles].length ? ` (${[...(identity.groups || []), ...identity.roles].join(', ')})` : ''}`;
};
form.elements.tenant.value = identity.tenant;
form.elements.user.value = identity.user;
form.elements.groups.value = (identity.groups || []).join(', ');
for (const role of form.elements.role) role.checked = identity.roles.includes(role.value);
form.onsubmit = async event => {
  event.preventDefault();
  const fault = document.getElementById('identity-fault');
  fault.textContent = '';
  const groups = form.elements.groups.value.split(',').map(group => group.trim()).filter(Boolean);
  const roles = [...form.elements.role].filter(role => role.checked).map(role => role.value);
  try {
    await actAs({ tenant: form.elements.tenant.value.trim(), user: form.elements.user.value.trim(), groups, roles });
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  who();
  document.getElementById('identity').open = false;
  bell.watch();
  badge.watch();
  show();
};
// What hangs over the page goes by Escape and by a press beside it.
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  for (const panel of document.querySelectorAll('details.popover[open]')) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
});
document.addEventListener('pointerdown', event => {
  for (const panel of document.querySelectorAll('details.popover[open]')) if (!panel.contains(event.target)) panel.open = false;
});
who();
show();
status.watch();
bell.watch();
badge.watch();
