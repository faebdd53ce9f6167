// Addresses that nothing is sent to: they bounced, complained, unsubscribed, or somebody said so.

import { ago } from './ago.js';
import { api } from './api.js';
import { carefully, choice, clearFaults, field, make, section, showFaults, table } from './dom.js';
import { channelWords, channels } from './notification_words.js';

const WHY = { bounce: 'it bounced', complaint: 'it was called spam', unsubscribe: 'they unsubscribed', manual: 'somebody said so' };

export function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('div');
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  const channel = choice(channels.filter(([name]) => name !== 'in_app'), 'email');
  const text = placeholder => make('input', { autocomplete: 'off', spellcheck: false, placeholder });
  const address = text('gone@acme.example');
  const category = text('all');
  const detail = text('why, for whoever reads this');
  const form = make('form', { class: 'stack', noValidate: true }, make('div', { class: 'row fields' }, field('By', channel, 'channel'), make('div', { class: 'grow' }, field('Address', address, 'address')), field('Only of the category', category, 'category'),
    make('div', { class: 'grow' }, field('Why', detail, 'detail')), make('button', {}, 'Suppress it')), fault);
  root.append(section('Suppressed addresses', make('p', { class: 'soft' }, 'Nothing is sent to these, whatever people chose.'), list, more), section('Suppress one', form));

  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const wanted = { channel: channel.value, address: address.value.trim(), category: category.value.trim() || null, detail: detail.value.trim() || null };
    try {
      await api('/v1/notification-suppressions', { method: 'POST', json: wanted });
      for (const input of [address, category, detail]) input.value = '';
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };

  let found = [];
  let cursor = null;
  async function show(next = false) {
    const page = await api(`/v1/notification-suppressions?limit=100${next && cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    if (stopped.aborted) return;
    found = next ? [...found, ...page.suppressions] : page.suppressions;
    cursor = page.next_cursor;
    more.hidden = !cursor;
    list.replaceChildren(table([
      { title: 'Address', of: one => one.address, wrap: true },
      { title: 'By', of: one => channelWords(one.channel) },
      { title: 'Of', of: one => one.category || 'everything' },
      { title: 'Why', of: one => WHY[one.why] || one.why },
      { title: 'What was said', of: one => one.detail, wrap: true },
      { title: 'Since', of: one => ago(one.at) },
      { title: '', of: one => carefully('Tell it again', 'Really tell it again?', async () => {
        try { await api(`/v1/notification-suppressions/${one.channel}/${encodeURIComponent(one.address)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      }) },
    ], found, { empty: 'none', caption: 'Suppressed addresses' }));
  }
  more.onclick = () => show(true).catch(error => { fault.textContent = error.message; });
  show().catch(error => { fault.textContent = error.message; });
}
