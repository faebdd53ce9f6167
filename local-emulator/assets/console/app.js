// The frame: which page is shown, and as whom one acts.
//
// To add a page: a file with `title` and `open(root, stopped)`, and its line in PAGES; its file in `src/console/assets.rs`.

import { actAs, identity } from './api.js';
import { make } from './dom.js';
import * as status from './status.js';
import * as assistant from './assistant.js';
import * as use from './use.js';
import * as policy from './policy.js';
import * as providers from './providers.js';
import * as keys from './keys.js';
import * as generations from './generations.js';

const PAGES = { status, assistant, generations, use, policy, providers, keys };
const main = document.getElementById('page');
let open = null;

function show() {
  const name = location.hash.slice(1) in PAGES ? location.hash.slice(1) : 'status';
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
  PAGES[name].open(root, open.signal);
}

document.getElementById('pages').append(...Object.entries(PAGES).map(([name, page]) => make('a', { href: `#${name}` }, page.title)));
// The skip link is a hash as well, and no page.
addEventListener('hashchange', () => { if (location.hash !== '#page') show(); });

const form = document.getElementById('identity-form');
const who = () => {
  document.getElementById('who').textContent = `${identity.user} of ${identity.tenant}${identity.roles.length ? ` (${identity.roles.join(', ')})` : ''}`;
};
form.elements.tenant.value = identity.tenant;
form.elements.user.value = identity.user;
for (const role of form.elements.role) role.checked = identity.roles.includes(role.value);
form.onsubmit = async event => {
  event.preventDefault();
  const fault = document.getElementById('identity-fault');
  fault.textContent = '';
  const roles = [...form.elements.role].filter(role => role.checked).map(role => role.value);
  try {
    await actAs({ tenant: form.elements.tenant.value.trim(), user: form.elements.user.value.trim(), roles });
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  who();
  document.getElementById('identity').open = false;
  show();
};
document.addEventListener('keydown', event => { if (event.key === 'Escape') document.getElementById('identity').open = false; });
who();
show();
status.watch();
