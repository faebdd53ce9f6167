// One message: whom it was for, where it stands, every try with what the provider said.

import { ago } from './ago.js';
import { api, poll } from './api.js';
import { carefully, make, section, span, table } from './dom.js';
import { channelWords, reasonWords, recipientWords, statusLook, statusWords, tryLook, tryWords } from './notification_words.js';

const OVER = ['failed', 'unknown', 'bounced', 'dropped'];
const EVERY_MS = 1500;

export async function open(root, stopped, id) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const body = make('div');
  root.append(body, fault);
  const path = `/v1/notification-messages/${encodeURIComponent(id)}`;
  let shown = '';

  const again = async () => {
    fault.textContent = '';
    try { await api(`${path}/retry`, { method: 'POST' }); } catch (error) { fault.textContent = error.message; }
    await load();
  };

  let turn = 0;
  async function load() {
    const mine = ++turn;
    let now;
    try {
      now = await api(path);
    } catch (error) {
      if (!stopped.aborted) fault.textContent = error.status === 404 ? 'There is no such message.' : error.message;
      return;
    }
    const key = JSON.stringify([now.updated_at, now.status, now.tries]);
    if (stopped.aborted || mine !== turn || key === shown) return;
    shown = key;
    const facts = [
      ['To', recipientWords(now)], ['By', channelWords(now.channel)], ['Urgency', now.urgency], ['Category', now.category],
      ['Planned', ago(now.created_at)], ['Next', now.due_at ? ago(now.due_at) : null], ['Last changed', ago(now.updated_at)],
      ['May be declined', now.mandatory ? 'no' : 'yes'], ['Gathers', now.digest ? `${now.events.length} events` : null], ['Known as', now.id],
    ];
    // Of an unknown one a second press says that it may come twice.
    const button = !OVER.includes(now.status) ? null : now.status === 'unknown' ? carefully('Send it again', 'It may come twice. Really?', again) : make('button', { type: 'button', class: 'quiet small', onclick: again }, 'Send it again');
    body.replaceChildren(
      make('div', { class: 'opened' }, make('h2', {}, `${now.digest ? 'Digest: ' : ''}${now.category}`), make('div', { class: 'buttons' }, button)),
      make('p', { class: 'facts-line' }, make('span', { class: `state ${statusLook(now.status)}` }, statusWords(now.status)), make('span', { class: 'soft' }, now.reason ? reasonWords(now.reason) : '')),
      make('dl', { class: 'members' }, facts.filter(([, text]) => text).map(([name, text]) => [make('dt', {}, name), make('dd', {}, text)])),
      section('Tries', table([
        { title: '', of: one => one.number, number: true },
        { title: 'Provider', of: one => one.provider },
        { title: 'What became of it', of: one => make('span', { class: tryLook(one.status) }, tryWords(one.status)) },
        { title: 'Code', of: one => one.code },
        { title: 'What the provider said', of: one => one.detail, wrap: true },
        { title: 'Its number there', of: one => one.provider_id, wrap: true },
        { title: 'Began', of: one => ago(one.started_at) },
        { title: 'Took', of: one => one.ended_at ? span(new Date(one.ended_at) - new Date(one.started_at)) : '' },
      ], now.tries, { empty: 'It was not tried yet.', caption: 'Tries' })));
  }
  poll(stopped, EVERY_MS, load);
}
