// Targets: webhooks, Slack channels and pagers that are told of events.

import { ago } from './ago.js';
import { api } from './api.js';
import { boxes, carefully, choice, clearFaults, field, make, section, showFaults, table, tick } from './dom.js';
import { channelWords } from './notification_words.js';

const KINDS = ['webhook', 'slack', 'pagerduty'];
const SEVERITIES = ['critical', 'error', 'warning', 'info'];

export function open(root) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const fresh = make('div', { class: 'stack apart', 'aria-live': 'polite' });
  const list = make('div');
  const name = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'crm' });
  const kind = choice(KINDS.map(one => [one, channelWords(one)]), 'webhook');
  const url = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'https://crm.acme.example/hooks' });
  const secret = make('input', { type: 'password', autocomplete: 'new-password', placeholder: 'stays, or is drawn' });
  const key = make('input', { type: 'password', autocomplete: 'new-password', placeholder: 'stays' });
  const severity = choice(SEVERITIES, 'error');
  const active = tick('is told', true);
  const own = make('div', { class: 'row fields' });
  const members = {
    webhook: () => [make('div', { class: 'grow' }, field('Address', url, 'url')), field('Secret', secret, 'secret')],
    slack: () => [make('div', { class: 'grow' }, field('Address of the incoming webhook; empty: stays', url, 'url'))],
    pagerduty: () => [field('Routing key', key, 'routing_key'), field('Severity', severity, 'severity')],
  };
  const draw = () => own.replaceChildren(...members[kind.value](), make('button', {}, 'Set'));
  kind.onchange = draw;
  draw();
  const form = make('form', { class: 'stack', noValidate: true }, make('div', { class: 'row fields' }, field('Name', name, 'path:name'), field('Kind', kind, 'kind'), boxes('State', active, 'active')), own, fault);
  root.append(section('Targets', make('p', { class: 'soft' }, 'An event goes to a target that it names, or that the settings name for its category. Webhooks are signed after the Standard Webhooks specification.'), list, fresh), section('Set one', form));

  const fill = one => {
    name.value = one.name;
    kind.value = one.kind;
    draw();
    url.value = one.kind === 'webhook' ? one.url : '';
    secret.value = '';
    key.value = '';
    severity.value = one.severity || 'error';
    active.input.checked = one.active;
    name.focus();
  };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    fresh.replaceChildren();
    const wanted = { kind: kind.value, active: active.input.checked };
    if (kind.value !== 'pagerduty') wanted.url = url.value.trim() || (kind.value === 'webhook' ? '' : undefined);
    if (kind.value === 'webhook' && secret.value) wanted.secret = secret.value;
    if (kind.value === 'pagerduty') Object.assign(wanted, { routing_key: key.value || undefined, severity: severity.value });
    if (!name.value.trim()) { fault.textContent = 'It needs a name.'; name.focus(); return; }
    try {
      const made = await api(`/v1/notification-targets/${encodeURIComponent(name.value.trim())}`, { method: 'PUT', json: wanted });
      if (made.secret) fresh.replaceChildren(make('div', { class: 'card' }, make('b', {}, `The secret of ${made.name}`), make('small', {}, 'It is shown this once: whoever receives the webhook checks its signatures by it.'), make('pre', { tabIndex: 0 }, made.secret)));
      for (const input of [name, url, secret, key]) input.value = '';
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  async function show() {
    const { targets } = await api('/v1/notification-targets');
    list.replaceChildren(table([
      { title: 'Name', of: one => one.name },
      { title: 'Kind', of: one => channelWords(one.kind) },
      { title: 'Where', of: one => one.url || (one.severity ? `as ${one.severity}` : ''), wrap: true },
      { title: 'State', of: one => make('span', { class: one.active ? 'up' : 'soft' }, one.active ? 'is told' : 'is not told') },
      { title: 'Set', of: one => ago(one.updated_at) },
      { title: '', of: one => make('span', { class: 'buttons' }, make('button', { type: 'button', class: 'quiet small', 'aria-label': `Change ${one.name}`, onclick: () => fill(one) }, 'Change'), carefully('Delete', 'Really delete it?', async () => {
        try { await api(`/v1/notification-targets/${encodeURIComponent(one.name)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
      })) },
    ], targets, { empty: 'no targets yet', caption: 'Targets' }));
  }
  show().catch(error => { fault.textContent = error.message; });
}
