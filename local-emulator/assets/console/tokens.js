// A token for anybody: what the sign-in of production gives, from the emulator's own issuer.

import { emulator, identity } from './api.js';
import { choice, clearFaults, copier, field, make, section, showFaults, tick, boxes } from './dom.js';

const ROLES = [['admin', 'administers the tenant'], ['operator', 'operates the platform'], ['workflows', 'writes and starts workflows']];
const LIFETIMES = [['300', '5 minutes'], ['3600', '1 hour'], ['43200', '12 hours'], ['604800', '7 days'], ['2592000', '30 days']];
const CALLS = [['GET /v1/documents', 'List documents', at => `'${at}/v1/documents?limit=5'`], ['GET /v1/search', 'Search', at => `'${at}/v1/search?q=plan'`],
  ['POST /v1/documents', 'Make a document', at => `-F file=@notes.md '${at}/v1/documents'`], ['POST /v1/chat/completions', 'Ask the assistant', at => `--json '{"model":"fast","messages":[{"role":"user","content":"Hello"}]}' '${at}/v1/chat/completions'`]];

export function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const input = (name, value, placeholder = '') => make('input', { name, value, placeholder, autocomplete: 'off', spellcheck: false, required: true });
  const [tenant, user, groups] = [input('tenant', identity.tenant), input('user', identity.user), input('groups', (identity.groups || []).join(', '), 'none')];
  const roles = ROLES.map(([name, text]) => [name, tick(`${name}: ${text}`, identity.roles.includes(name))]);
  const lifetime = choice(LIFETIMES, '43200');
  const result = make('div', { 'aria-live': 'polite' });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('Tenant', tenant, 'tenant'), field('User', user, 'user'), field('Groups, with commas', groups, 'groups'), field('Good for', lifetime, 'lifetime_s')),
    boxes('Roles', roles.map(([, box]) => box), 'roles'), make('div', { class: 'buttons' }, make('button', {}, 'Make a token')), fault);
  root.append(make('p', { class: 'lead' }, 'Every tenant and user that is named exists: the platform believes whoever signs the tokens, and here that is the emulator. In production it is your OpenID Connect provider.'), section('For whom', form), result);

  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    result.replaceChildren();
    const wanted = {
      tenant: tenant.value.trim(), user: user.value.trim(), groups: groups.value.split(',').map(group => group.trim()).filter(Boolean),
      roles: roles.filter(([, box]) => box.input.checked).map(([name]) => name), lifetime_s: Number(lifetime.value),
    };
    try {
      const made = await emulator('/_octavo/token', { method: 'POST', json: wanted });
      if (!stopped.aborted) show(result, made, wanted);
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
}

function show(result, made, wanted) {
  const { token } = made;
  const which = choice(CALLS.map(([of, text]) => [of, text]), CALLS[0][0], { 'aria-label': 'What is asked' });
  const line = make('pre', { tabIndex: 0, class: 'code' });
  const said = () => `curl -H 'Authorization: Bearer ${token}' ${CALLS.find(([of]) => of === which.value)[2](location.origin)}`;
  which.onchange = () => { line.textContent = said(); };
  line.textContent = said();
  const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), letter => letter.charCodeAt(0))));
  result.replaceChildren(
    section(`A token for ${wanted.user} of ${wanted.tenant}`, make('pre', { tabIndex: 0, class: 'code', id: 'token' }, token),
      make('div', { class: 'buttons apart' }, copier(token, 'Copy the token'), make('small', {}, `good until ${new Date(claims.exp * 1000).toLocaleString()}`))),
    section('With curl', make('div', { class: 'stack' }, make('div', { class: 'row' }, make('label', { class: 'fixed' }, 'What is asked', which)), line, make('div', { class: 'buttons' }, copier(() => line.textContent, 'Copy the line')))),
    section('What it says', make('pre', { tabIndex: 0 }, JSON.stringify(claims, null, 2))));
}
