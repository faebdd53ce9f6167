// What was sent: messages by where they stand, what needs somebody first; and something to be sent.

import { ago } from './ago.js';
import { api, poll } from './api.js';
import { choice, field, make, section, table } from './dom.js';
import { sendForm } from './notification_send.js';
import { channelWords, channels, reasonWords, recipientWords, statusLook, statusWords } from './notification_words.js';

const PAGE = 50;
const EVERY_MS = 2000;
const GROUPS = [
  ['trouble', 'Needs somebody', ['failed', 'unknown']], ['bounced', 'Bounced', ['bounced']], ['way', 'On the way', ['planned', 'sending', 'sent']],
  ['arrived', 'Arrived', ['delivered']], ['dropped', 'Not sent', ['dropped']], ['all', 'All', []],
];

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const groups = make('div', { class: 'tabs', role: 'group', 'aria-label': 'Where they stand' });
  const user = make('input', { autocomplete: 'off', spellcheck: false });
  const channel = choice([['', 'all'], ...channels], '');
  const category = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'approval.requested' });
  const form = make('form', { class: 'row fields' }, field('To the user', user), field('By', channel), field('Category', category), make('button', { class: 'quiet' }, 'Search'));
  const event = make('p', { class: 'soft line', hidden: true });
  const list = make('div', { class: 'apart' });
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  root.append(section('What was sent', groups, form, fault, event, list, more));

  let group = 'all';
  let only = null;
  let pages = 1;
  let turn = 0;
  let drawn = '';

  const tabs = () => groups.replaceChildren(...GROUPS.map(([name, text]) => make('button', {
    type: 'button', class: name === group ? 'small' : 'quiet small', 'aria-pressed': String(name === group), onclick: () => { group = name; pages = 1; tabs(); load(); },
  }, text)));
  form.onsubmit = submitted => { submitted.preventDefault(); pages = 1; load(); };
  more.onclick = () => { pages += 1; load(); };

  async function load() {
    const mine = ++turn;
    const wanted = new URLSearchParams({ limit: PAGE });
    for (const status of GROUPS.find(([name]) => name === group)[2]) wanted.append('status', status);
    for (const [name, value] of [['user', user.value.trim()], ['channel', channel.value], ['category', category.value.trim()], ['event', only]]) if (value) wanted.set(name, value);
    const found = [];
    let cursor = null;
    try {
      for (let page = 0; page < pages; page += 1) {
        if (cursor) wanted.set('cursor', cursor);
        const answer = await api(`/v1/notification-messages?${wanted}`);
        found.push(...answer.messages);
        cursor = answer.next_cursor;
        if (!cursor) break;
      }
    } catch (error) {
      if (mine === turn && !stopped.aborted) fault.textContent = error.message;
      return;
    }
    // An answer to what was asked before comes too late.
    if (mine !== turn || stopped.aborted) return;
    fault.textContent = '';
    more.hidden = !cursor;
    const key = JSON.stringify([group, found.map(one => [one.id, one.updated_at, one.status])]);
    if (key === drawn || list.contains(document.activeElement)) return;
    drawn = key;
    list.replaceChildren(table([
      { title: 'What', of: one => make('a', { href: `#notifications/message/${one.id}` }, one.digest ? `digest: ${one.category}` : one.category) },
      { title: 'To', of: recipientWords, wrap: true },
      { title: 'By', of: one => channelWords(one.channel) },
      { title: 'State', of: one => make('span', { class: statusLook(one.status) }, statusWords(one.status)) },
      { title: 'Why', of: one => one.reason ? reasonWords(one.reason) : '', wrap: true },
      { title: 'Tries', of: one => one.attempts, number: true },
      { title: 'Since', of: one => ago(one.created_at) },
    ], found, { empty: group === 'trouble' ? 'Nothing needs anybody.' : 'none', caption: 'Messages' }));
  }

  /** Only the messages of one event, or all again. */
  function of(id, text) {
    only = id;
    group = 'all';
    event.hidden = !id;
    event.replaceChildren(text || '', ' ', make('button', { type: 'button', class: 'link', onclick: () => of(null) }, 'Show all again'));
    tabs();
    load();
  }
  root.append(section('Send something', sendForm(id => of(id, 'These are the messages of what was sent just now.'))));

  // Dead letters and what nobody knows come first, where there are some.
  const first = await api('/v1/notification-messages?limit=1&status=failed&status=unknown').catch(() => ({ messages: [] }));
  if (stopped.aborted) return;
  // Whoever was quicker and has sent something sees what became of that.
  if (first.messages.length && !only) group = 'trouble';
  tabs();
  poll(stopped, EVERY_MS, load);
}
