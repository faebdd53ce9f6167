// The bell in the header: what the present person was told, live.

import { ago } from './ago.js';
import { emulator, identity } from './api.js';
import { make } from './dom.js';
import { CHANGED } from './approvals_badge.js';
import { connection, keep, reason } from './hub.js';

const LISTED = 20;

let watching = null;

/** Watches as the present person from now on. */
export async function watch() {
  if (watching) watching.abort();
  watching = new AbortController();
  const stopped = watching.signal;
  const bell = document.getElementById('bell');
  const badge = document.getElementById('bell-unread');
  const announced = make('p', { class: 'hidden-label', role: 'status' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('ul', { class: 'inbox' });
  const all = make('button', { type: 'button', class: 'quiet small' }, 'Mark all as read');
  const test = make('button', { type: 'button', class: 'quiet small' }, 'Send a test notification');
  document.getElementById('bell-panel').replaceChildren(make('h2', {}, 'Notifications'), list, make('div', { class: 'buttons' }, all, test), fault, announced);
  let inbox = [];

  const unread = number => {
    badge.hidden = !number;
    badge.textContent = number > 99 ? '99+' : String(number);
    badge.setAttribute('aria-label', `${number} unread`);
    all.disabled = !number;
  };
  const draw = () => {
    list.replaceChildren(...inbox.map(item));
    if (!inbox.length) list.append(make('li', { class: 'soft' }, 'Nothing yet.'));
  };
  const item = one => make('li', { class: one.read_at ? '' : 'unread' },
    make('strong', {}, one.title), make('small', {}, ' ', ago(one.created_at)),
    one.text ? make('p', {}, one.text) : null,
    make('p', { class: 'buttons' }, leads(one), one.read_at ? null : make('button', { type: 'button', class: 'link', 'aria-label': `Mark as read: ${one.title}`, onclick: () => read([one.id]) }, 'Mark as read')));

  let hub;
  try {
    hub = await connection('notifications');
  } catch {
    hub = null;
  }
  bell.hidden = !hub;
  if (!hub || stopped.aborted) return;

  async function read(ids) {
    fault.textContent = '';
    const before = inbox;
    const at = new Date().toISOString();
    inbox = inbox.map(one => !one.read_at && (!ids || ids.includes(one.id)) ? { ...one, read_at: at } : one);
    draw();
    try {
      unread((await hub.invoke('MarkRead', ids && { ids })).unread);
    } catch (error) {
      inbox = before;
      fault.textContent = reason(error);
      draw();
    }
  }
  all.onclick = () => read(null);

  hub.on('notification', one => {
    if (inbox.some(known => known.id === one.id)) return;
    inbox = [one, ...inbox].slice(0, LISTED);
    announced.textContent = `New notification: ${one.title}`;
    draw();
  });
  // How often the count was told.
  let told_ = 0;
  hub.on('unread', told => { told_ += 1; unread(told.count); });
  // Another window of the same person.
  hub.on('marked', told => {
    const is = one => !told.ids || told.ids.includes(one.id);
    if (told.mark === 'read' || told.mark === 'unread') inbox = inbox.map(one => is(one) ? { ...one, read_at: told.mark === 'read' ? one.read_at || new Date().toISOString() : null } : one);
    if (told.mark === 'archived') inbox = inbox.filter(one => !is(one));
    draw();
  });
  hub.on('approvals', () => dispatchEvent(new Event(CHANGED)));
  hub.on('resync', () => load().catch(error => { fault.textContent = reason(error); }));
  test.onclick = async () => {
    fault.textContent = '';
    try {
      const notification = { category: 'test', title: 'A test from the console', text: `It went through the data plane of the node to ${identity.user}.` };
      await emulator('/_octavo/notify', { method: 'POST', json: { tenant: identity.tenant, user: identity.user, notification } });
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  async function load() {
    const [before, known] = [inbox, told_];
    const page = await hub.invoke('List', { limit: LISTED });
    // What was told meanwhile may not be in the list yet.
    const news = inbox.filter(one => ![...before, ...page.notifications].some(other => other.id === one.id));
    inbox = [...news, ...page.notifications].slice(0, LISTED);
    draw();
    if (known === told_) unread(page.unread);
    fault.textContent = '';
  }
  await keep(hub, stopped, {
    ready: load,
    state: (connected, error) => { if (!connected) fault.textContent = `Not live at the moment${error ? `: ${reason(error)}` : ''}.`; },
  });
}

/** The link of a document, an approval or a saved search leads to its page here, that of a remark to where remarks are. */
function leads(one) {
  const saved = one.link && one.link.match(/\/search\?saved=([0-9a-f-]{36})/);
  if (saved) return make('a', { href: `#search?saved=${saved[1]}` }, 'Open the search');
  const found = one.link && one.link.match(/\/(documents|approvals)\/([0-9a-f-]{36})/);
  if (!found) return null;
  return found[1] === 'documents' ? make('a', { href: `#${one.link.includes('?comment=') ? 'collaborate' : 'documents'}/${found[2]}` }, 'Open the document') : make('a', { href: `#approvals/${found[2]}` }, 'Open the approval');
}
