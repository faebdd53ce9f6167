// People: where and how they are reached, and the groups by which they are told.

import { api } from './api.js';
import { carefully, clearFaults, field, make, section, showFaults, table } from './dom.js';
import { zoneInput } from './zone_input.js';

const words = text => text.split(',').map(word => word.trim()).filter(Boolean);

export function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const text = (placeholder, type = 'text') => make('input', { type, autocomplete: 'off', spellcheck: false, placeholder });
  const user = text('as in their token');
  const name = text('Ada Lovelace');
  const email = text('ada@acme.example', 'email');
  const phone = text('+4366012345678', 'tel');
  const language = text('the tenant’s; or de, en');
  const zone = zoneInput('', 'the tenant’s');
  const groups = text('legal, finance');
  const list = make('div');
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  const form = make('form', { class: 'stack', noValidate: true }, zone.names,
    make('div', { class: 'row fields' }, field('User', user, 'path:user'), field('Name', name, 'name'), field('Mail address', email, 'email'), field('Telephone number', phone, 'phone')),
    make('div', { class: 'row fields' }, field('Language', language, 'language'), field('Time zone', zone.input, 'zone'), field('Groups', groups, 'groups'), make('button', {}, 'Set')), fault, note);
  root.append(section('People', make('p', { class: 'soft' }, 'Whom messages reach, and by which groups. Who signs in is known by their token; where they are reached is set here, or by a directory.'), list, more), section('Set one', form));

  const fill = one => {
    for (const [input, value] of [[user, one.user], [name, one.name], [email, one.email], [phone, one.phone], [language, one.language], [zone.input, one.zone], [groups, one.groups.join(', ')]]) input.value = value || '';
    note.textContent = '';
    name.focus();
  };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    if (!user.value.trim()) { fault.textContent = 'Which user?'; user.focus(); return; }
    const wanted = { groups: words(groups.value) };
    for (const [member, input] of [['name', name], ['email', email], ['phone', phone], ['language', language], ['zone', zone.input]]) wanted[member] = input.value.trim() || null;
    try {
      await api(`/v1/people/${encodeURIComponent(user.value.trim())}`, { method: 'PUT', json: wanted });
      note.textContent = `${user.value.trim()} is set.`;
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };

  let found = [];
  let cursor = null;
  async function show(next = false) {
    const page = await api(`/v1/people?limit=100${next && cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    if (stopped.aborted) return;
    found = next ? [...found, ...page.people] : page.people;
    cursor = page.next_cursor;
    more.hidden = !cursor;
    list.replaceChildren(table([
      { title: 'User', of: one => one.user },
      { title: 'Name', of: one => one.name },
      { title: 'Mail address', of: one => one.email },
      { title: 'Telephone', of: one => one.phone },
      { title: 'Language', of: one => one.language },
      { title: 'Zone', of: one => one.zone },
      { title: 'Groups', of: one => one.groups.join(', '), wrap: true },
      { title: '', of: one => make('span', { class: 'buttons' }, make('button', { type: 'button', class: 'quiet small', 'aria-label': `Change ${one.user}`, onclick: () => fill(one) }, 'Change'), carefully('Forget', 'Really forget them?', async () => {
        try { await api(`/v1/people/${encodeURIComponent(one.user)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      })) },
    ], found, { empty: 'nobody is known yet', caption: 'People' }));
  }
  more.onclick = () => show(true).catch(error => { fault.textContent = error.message; });
  show().catch(error => { fault.textContent = error.message; });
}
