// API keys: one string for the stock SDKs.

import { ago } from './ago.js';
import { api, identity } from './api.js';
import { boxes, carefully, clearFaults, field, make, section, showFaults, table, tick } from './dom.js';

export function open(root) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const name = make('input', { name: 'name', autocomplete: 'off', placeholder: 'nightly reports' });
  const days = make('input', { name: 'days', type: 'number', min: 1, max: 3650, placeholder: 'for ever' });
  const roles = identity.roles.map(role => tick(role, false, { value: role }));
  const fresh = make('div', { class: 'stack', 'aria-live': 'polite' });
  const list = make('div');
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row' }, field('What it is for', name, 'name'), field('Days that it lives', days, 'expires_in_days')),
    roles.length ? boxes(`Roles, of those that ${identity.user} has`, roles, 'roles') : null,
    make('div', { class: 'buttons' }, make('button', {}, 'Make a key')), fault);
  root.append(section('New key', make('p', { class: 'soft' }, `It acts as ${identity.user} of ${identity.tenant}, wherever a token is asked for.`), form, fresh), section('Keys', list));

  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const wanted = { name: name.value, roles: roles.map(role => role.input).filter(input => input.checked).map(input => input.value) };
    if (days.value) wanted.expires_in_days = Number(days.value);
    try {
      const made = await api('/v1/ai/keys', { method: 'POST', json: wanted });
      name.value = '';
      fresh.replaceChildren(once(made));
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };

  async function show() {
    const keys = await api('/v1/ai/keys');
    const state = key => key.revoked_at ? ['revoked', 'down'] : key.expires_at && new Date(key.expires_at) < new Date() ? ['expired', 'starting'] : ['good', 'up'];
    list.replaceChildren(table([
      { title: 'Name', of: key => key.name, wrap: true },
      { title: 'User', of: key => key.user },
      { title: 'Ends with', of: key => `…${key.hint}` },
      { title: 'Roles', of: key => key.roles.join(', ') },
      { title: 'Made', of: key => ago(key.created_at) },
      { title: 'Expires', of: key => key.expires_at ? ago(key.expires_at) : 'never' },
      { title: 'State', of: key => make('span', { class: state(key)[1] }, state(key)[0]) },
      { title: '', of: key => key.revoked_at ? '' : carefully('Revoke', 'Really revoke?', async () => {
        try { await api(`/v1/ai/keys/${key.id}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      }) },
    ], keys, { empty: 'no keys yet', caption: 'API keys' }));
  }
  show().catch(error => { fault.textContent = error.message; });
}

/** The key's text: shown this once. */
function once(made) {
  const text = make('input', { value: made.key, readOnly: true, onfocus: event => event.target.select(), spellcheck: false });
  const copy = make('button', { type: 'button' }, 'Copy');
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(made.key);
      copy.textContent = 'Copied';
    } catch {
      text.focus();
    }
  };
  return make('div', { class: 'card' }, make('b', {}, `The key ${made.name}`),
    make('div', { class: 'row' }, make('label', { class: 'grow' }, 'It is shown this once: keep it now', text), copy),
    make('small', {}, `OPENAI_BASE_URL=${location.origin}/v1 and OPENAI_API_KEY, or ANTHROPIC_BASE_URL=${location.origin} and ANTHROPIC_API_KEY`));
}
