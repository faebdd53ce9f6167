// Something to be sent to somebody, by an administrator's hand.

import { api, identity } from './api.js';
import { choice, clearFaults, field, make, showFaults } from './dom.js';

const TO = [['user', 'a person'], ['group', 'a group'], ['email', 'a mail address'], ['sms', 'a telephone number'], ['target', 'a target']];

/** The form. `sent(id)` is told the event that was taken. */
export function sendForm(sent) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const kind = choice(TO, 'user');
  const whom = make('input', { autocomplete: 'off', spellcheck: false, value: identity.user });
  const category = make('input', { autocomplete: 'off', spellcheck: false, value: 'announcement' });
  const urgency = choice([['low', 'low'], ['normal', 'normal'], ['urgent', 'urgent: at once, by telephone too']], 'normal');
  const title = make('input', { autocomplete: 'off', placeholder: 'The office is closed on Friday' });
  const text = make('textarea', { rows: 3 });
  const link = make('input', { autocomplete: 'off', spellcheck: false, placeholder: '/documents/…' });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('To', kind), field('Which', whom, 'recipients'), field('Category', category, 'category'), field('Urgency', urgency, 'urgency')),
    field('Title', title, 'data.title'), field('Text', text, 'data.text'),
    make('div', { class: 'row fields' }, make('div', { class: 'grow' }, field('Where it leads: a path of the application', link, 'link')), make('button', {}, 'Send it')), fault);
  // One order is one event, however often it has to be sent.
  let key = crypto.randomUUID();
  form.oninput = () => { key = crypto.randomUUID(); };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const to = whom.value.trim();
    const recipient = ['email', 'sms'].includes(kind.value) ? { to: 'address', channel: kind.value, address: to } : { to: kind.value, [kind.value]: to };
    const wanted = { category: category.value.trim(), recipients: [recipient], data: { title: title.value.trim(), text: text.value.trim() }, urgency: urgency.value };
    if (link.value.trim()) wanted.link = link.value.trim();
    try {
      const { id } = await api('/v1/notifications', { method: 'POST', json: wanted, headers: { 'idempotency-key': key } });
      key = crypto.randomUUID();
      title.value = '';
      text.value = '';
      sent(id);
      form.closest('section').parentElement.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  return form;
}
