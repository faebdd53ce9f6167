// Who decides for whom while they are away.

import { api, identity } from './api.js';
import { carefully, clearFaults, field, make, section, showFaults, table } from './dom.js';

export function open(root) {
  const admin = identity.roles.includes('admin');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const user = make('input', { autocomplete: 'off', spellcheck: false, placeholder: identity.user });
  const substitute = make('input', { autocomplete: 'off', spellcheck: false, required: true });
  const from = make('input', { type: 'date', required: true });
  const to = make('input', { type: 'date', required: true });
  const zone = make('input', { autocomplete: 'off', spellcheck: false, value: Intl.DateTimeFormat().resolvedOptions().timeZone });
  const categories = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'all; or contract, invoice' });
  const list = make('div', { class: 'apart' });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, admin ? field('Who is away', user, 'user') : null, field('Who decides instead', substitute, 'substitute'), field('First day', from, 'from'), field('Last day', to, 'to')),
    make('div', { class: 'row fields' }, field('Time zone', zone, 'zone'), make('div', { class: 'grow' }, field('Only for approvals of', categories, 'categories')), make('button', {}, 'Set')), fault);
  root.append(section('Absences', make('p', { class: 'soft' }, 'A substitute decides in the name of whoever is away, and never what they asked for or wrote themselves. It does not chain.'), form, list));
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const wanted = {
      user: user.value.trim() || undefined, substitute: substitute.value.trim(), from: from.value, to: to.value, zone: zone.value.trim() || undefined,
      categories: categories.value.split(',').map(one => one.trim()).filter(Boolean),
    };
    try {
      await api('/v1/substitutions', { method: 'POST', json: wanted });
      substitute.value = '';
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  async function show() {
    const { substitutions } = await api(`/v1/substitutions${admin ? '?user=*' : ''}`);
    list.replaceChildren(table([
      { title: 'Away', of: one => one.user },
      { title: 'Decides instead', of: one => one.substitute },
      { title: 'From', of: one => one.from },
      { title: 'To', of: one => one.to },
      { title: 'Zone', of: one => one.zone },
      { title: 'Only for', of: one => one.categories.join(', ') || 'all', wrap: true },
      { title: '', of: one => carefully('Delete', 'Really delete it?', async () => {
        try { await api(`/v1/substitutions/${one.id}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      }) },
    ], substitutions, { empty: 'nobody is away', caption: 'Absences' }));
  }
  show().catch(error => { fault.textContent = error.message; });
}
