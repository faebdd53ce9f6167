// The frame: which page is shown, and as whom one acts.
//
// To add a page: a file with `open(root, stopped, rest)`, its line in PAGES, its link in `index.html` (which names it), and its
// file in `src/console/assets.rs`. A page's files come when it is first opened. `rest` is what follows the page's name in the
// address: `ID` of `#documents/ID`, `?q=x` of `#search?q=x`. What `open` gives back, if it is a function, is told of the next
// `rest` of the same page; the page is opened anew only if it answers false.

import { actAs, identity } from './api.js';
import { make } from './dom.js';
import { chosen, wear } from './settings_theme.js';

const APPROVALS = 'approvals.css';
const WORKFLOWS = 'workflows.css';
const PRODUCT = 'documents.css';
const PLATFORM = 'platform.css';
const PROSE = 'prose.css';
const PAGES = {
  overview: { load: () => import('./overview.js'), styles: [PLATFORM] },
  documents: { load: () => import('./documents.js'), styles: [PRODUCT, PROSE] },
  search: { load: () => import('./search.js'), styles: [PRODUCT] },
  assistant: { load: () => import('./assistant.js'), styles: [PROSE] },
  generations: { load: () => import('./generations.js'), styles: [PRODUCT, PROSE] },
  collaborate: { load: () => import('./collaborate.js') },
  workflows: { load: () => import('./workflows.js'), styles: [WORKFLOWS] },
  approvals: { load: () => import('./approvals.js'), styles: [APPROVALS, WORKFLOWS] },
  notifications: { load: () => import('./notifications.js'), styles: [APPROVALS, WORKFLOWS] },
  functions: { load: () => import('./functions.js'), styles: [PLATFORM] },
  traces: { load: () => import('./traces.js'), styles: [PLATFORM] },
  queues: { load: () => import('./queues.js'), styles: [PLATFORM] },
  faults: { load: () => import('./faults.js'), styles: [PLATFORM] },
  realtime: { load: () => import('./realtime.js') },
  mailbox: { load: () => import('./mailbox.js'), styles: [APPROVALS] },
  use: { load: () => import('./use.js') },
  policy: { load: () => import('./policy.js') },
  providers: { load: () => import('./providers.js') },
  keys: { load: () => import('./keys.js') },
  tokens: { load: () => import('./tokens.js') },
  settings: { load: () => import('./settings.js') },
};
const FIRST = Object.keys(PAGES)[0];
/** Milliseconds after which a page that is still on its way says so. */
const PATIENCE = 400;

wear(chosen());
const main = document.getElementById('page');
const side = document.getElementById('side');
const menu = document.getElementById('menu');
const veil = document.getElementById('veil');
const find = document.getElementById('find');
let open = null;

/** The page that the address names, and what follows its name. */
function wanted() {
  const [, name, rest] = location.hash.match(/^#([^/?]*)\/?(.*)$/s) || ['', '', ''];
  return Object.hasOwn(PAGES, name) ? { name, rest } : { name: FIRST, rest: '' };
}

function show(anew = false) {
  const { name, rest } = wanted();
  if (!anew && open && open.name === name && open.moved && open.moved(rest) !== false) return;
  if (open) open.stop.abort();
  const now = { name, moved: null, stop: new AbortController() };
  open = now;
  const link = document.querySelector(`#pages a[href="#${name}"]`);
  const title = link ? link.querySelector('span').textContent : name;
  document.title = `${title} – Octavo`;
  for (const each of document.querySelectorAll('#pages a')) {
    if (each === link) each.setAttribute('aria-current', 'page');
    else each.removeAttribute('aria-current');
  }
  find.hidden = name === 'search';
  const root = make('div', { class: `at-${name}` });
  const heading = make('h1', {}, title);
  main.replaceChildren(heading, root);
  const late = setTimeout(() => root.append(make('p', { class: 'soft', role: 'status' }, 'One moment…')), PATIENCE);
  const { load, styles = [] } = PAGES[name];
  Promise.all([load(), ...styles.map(style)]).then(([page]) => {
    clearTimeout(late);
    if (now.stop.signal.aborted) return null;
    root.replaceChildren();
    return page.open(root, now.stop.signal, rest);
  }).then(moved => { if (typeof moved === 'function') now.moved = moved; }, error => {
    clearTimeout(late);
    if (!now.stop.signal.aborted) root.append(make('p', { class: 'fault', role: 'alert' }, `This page did not come: ${error.message}`));
    console.warn(error);
  });
}

const styled = new Map();
/** A page's own styles, once. */
function style(name) {
  if (!styled.has(name)) {
    styled.set(name, new Promise(done => {
      document.head.append(make('link', { rel: 'stylesheet', href: `/console/${name}`, onload: done, onerror: done }));
    }));
  }
  return styled.get(name);
}

// The skip link is a hash as well, and no page.
addEventListener('hashchange', () => {
  if (location.hash === '#page') return;
  drawer(false);
  show();
});

/** The pages' list as a drawer, where there is no room for it beside the page. */
function drawer(out) {
  if ((menu.getAttribute('aria-expanded') === 'true') === out) return;
  menu.setAttribute('aria-expanded', String(out));
  side.classList.toggle('out', out);
  veil.hidden = !out;
  // Behind it nothing is reached, by keyboard neither.
  document.querySelector('.frame').inert = out;
  if (out) (side.querySelector('[aria-current]') || side.querySelector('a')).focus();
  else if (side.contains(document.activeElement)) menu.focus();
}
menu.onclick = () => drawer(menu.getAttribute('aria-expanded') !== 'true');
veil.onclick = () => drawer(false);
// A press on the page that is open already changes no address.
side.addEventListener('click', event => { if (event.target.closest('a')) drawer(false); });

find.onsubmit = event => {
  event.preventDefault();
  const text = find.elements.q.value.trim();
  find.elements.q.value = '';
  find.elements.q.blur();
  location.hash = text ? `#search?q=${encodeURIComponent(text)}` : '#search';
};

const form = document.getElementById('identity-form');
const who = () => {
  const more = [...(identity.groups || []), ...identity.roles];
  document.getElementById('who').textContent = `${identity.user} of ${identity.tenant}${more.length ? ` (${more.join(', ')})` : ''}`;
  document.getElementById('face').textContent = identity.user.slice(0, 1).toUpperCase();
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
  watch();
  show(true);
};

document.addEventListener('keydown', event => {
  // What hangs over the page goes by Escape and by a press beside it.
  if (event.key === 'Escape') {
    drawer(false);
    for (const panel of document.querySelectorAll('details.popover[open]')) {
      panel.open = false;
      panel.querySelector('summary').focus();
    }
    return;
  }
  const writes = event.target.closest && event.target.closest('input, textarea, select, [contenteditable], .editor');
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || writes) return;
  event.preventDefault();
  const input = find.hidden ? main.querySelector('input[type=search]') : find.elements.q;
  if (input) input.focus();
});
document.addEventListener('pointerdown', event => {
  for (const panel of document.querySelectorAll('details.popover[open]')) if (!panel.contains(event.target)) panel.open = false;
});

/** What the frame shows of the present person: after the page, which is what one came for. */
async function watch() {
  const [bell, badge] = await Promise.all([import('./bell.js'), import('./approvals_badge.js')]);
  bell.watch();
  badge.watch();
}

who();
show();
import('./overview_summary.js').then(summary => summary.watch());
watch();
