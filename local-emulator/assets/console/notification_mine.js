// What oneself is told, and how: name, language and zone, channels by category, quiet hours, the hour of digests.

import { api } from './api.js';
import { choice, clearFaults, field, freshId, make, section, showFaults, tick } from './dom.js';
import { channelWords } from './notification_words.js';
import { zoneInput } from './zone_input.js';

const CHANNELS = ['email', 'in_app', 'sms'];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const CHOICES = { on: 'at once', digest: 'in the daily digest', off: 'not at all' };
const QUIET_MAX = 14;

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  let person;
  let chosen;
  try {
    [person, chosen] = await Promise.all([api('/v1/people/me'), api('/v1/notification-preferences')]);
  } catch (error) {
    fault.textContent = error.message;
    root.append(fault);
    return;
  }
  if (stopped.aborted) return;
  const told = make('div');
  root.append(section('How I am told', told), section('About me', aboutMe(person)));
  told.append(preferences(chosen));
}

function aboutMe(person) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const name = make('input', { autocomplete: 'off', maxLength: 200, value: person.name || '' });
  const language = make('input', { autocomplete: 'off', spellcheck: false, value: person.language || '', placeholder: 'the tenant’s; or de, en' });
  const zone = zoneInput(person.zone, 'the tenant’s');
  const reached = [person.email || 'no mail address', person.phone || 'no telephone number', person.groups.length ? `groups ${person.groups.join(', ')}` : 'no groups'];
  const form = make('form', { class: 'stack', noValidate: true }, zone.names,
    make('div', { class: 'row fields' }, field('Name', name, 'name'), field('Language', language, 'language'), field('Time zone', zone.input, 'zone'), make('button', {}, 'Save')),
    make('p', { class: 'soft line' }, `Known of you: ${reached.join(', ')}. An administrator sets these, under People.`), fault, note);
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    // It is set as a whole: what is not shown here has to go along.
    const wanted = { name: name.value.trim() || null, email: person.email, phone: person.phone, language: language.value.trim() || null, zone: zone.input.value.trim() || null };
    try {
      person = await api('/v1/people/me', { method: 'PUT', json: wanted });
      note.textContent = 'Saved.';
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  return form;
}

function preferences(shown) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const rows = make('tbody');
  let lines = [];
  const add = category => {
    const cells = CHANNELS.map(channel => cell(category, channel, shown.choices[category.category]?.[channel]));
    lines.push({ category: category.category, cells });
    rows.append(make('tr', {}, make('th', { scope: 'row', class: 'wrap' }, category.title, ' ', make('small', {}, category.category.replace(/^\*$/, ''), category.mandatory ? ', always told' : '')), cells.map(one => make('td', {}, one.node))));
  };
  shown.categories.forEach(add);

  const other = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'approval.reminder', 'aria-label': 'Another category' });
  const another = make('button', { type: 'button', class: 'quiet', onclick: () => {
    const category = other.value.trim();
    if (!category || lines.some(line => line.category === category)) return;
    add({ category, title: category, mandatory: false, channels: {} });
    other.value = '';
  } }, 'Add this category');

  const quiet = quietHours(shown.quiet);
  const digest = make('input', { type: 'time', value: (shown.digest_at || '08:00').slice(0, 5) });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'scroll', tabIndex: 0, role: 'group', 'aria-label': 'What I am told of' }, make('table', { class: 'choices-table' },
      make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'What of'), CHANNELS.map(channel => make('th', { scope: 'col' }, channelWords(channel))))), rows)),
    make('div', { class: 'row' }, make('div', {}, other), another, make('div', { class: 'grow' })),
    make('fieldset', { class: 'stack' }, make('legend', {}, 'Quiet hours'), make('p', { class: 'soft line' }, `Mail and text messages wait until they are over; what is urgent does not. The hours are those of ${shown.zone}.`), quiet.node),
    make('div', { class: 'row fields' }, field('The daily digest comes at', digest, 'digest_at'), make('div', { class: 'grow' })), make('div', { class: 'buttons' }, make('button', {}, 'Save')), fault, note);
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    const choices = {};
    for (const line of lines) {
      const made = Object.fromEntries(line.cells.map(one => [one.channel, one.value()]).filter(([, value]) => value));
      if (Object.keys(made).length) choices[line.category] = made;
    }
    try {
      const saved = await api('/v1/notification-preferences', { method: 'PUT', json: { choices, quiet: quiet.value(), digest_at: digest.value ? `${digest.value}:00` : null } });
      const next = preferences(saved);
      form.replaceWith(next);
      next.querySelector('.note').textContent = 'Saved.';
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  return form;
}

/** What is chosen for a category and a channel. */
function cell(category, channel, chosen) {
  const holds = category.channels[channel];
  if (category.mandatory && holds === 'on' && chosen !== 'on') return { channel, node: make('span', { class: 'soft' }, 'always'), value: () => chosen };
  const usual = chosen || !holds ? 'as usual' : `as usual: ${CHOICES[holds]}`;
  const options = Object.entries(CHOICES).filter(([value]) => value !== 'digest' || channel !== 'in_app');
  const select = choice([['', usual], ...options], chosen || '', { 'aria-label': `${category.title}: ${channelWords(channel)}` });
  select.dataset.path = `choices.${category.category}.${channel}`;
  const fault = make('p', { class: 'fault', id: freshId() });
  select.setAttribute('aria-describedby', fault.id);
  return { channel, node: make('div', {}, select, fault), value: () => select.value };
}

function quietHours(hours) {
  const list = make('div', { class: 'stack' });
  let all = [];
  const place = () => all.forEach((one, at) => { one.from.dataset.path = `quiet[${at}].from`; one.to.dataset.path = `quiet[${at}].to`; more.hidden = all.length >= QUIET_MAX; });
  const put = value => {
    const from = make('input', { type: 'time', value: value.from.slice(0, 5), required: true });
    const to = make('input', { type: 'time', value: value.to.slice(0, 5), required: true });
    const days = DAYS.map(day => [day, tick(day.slice(0, 3), !value.days.length || value.days.includes(day))]);
    const remove = make('button', { type: 'button', class: 'quiet small fixed', 'aria-label': 'Remove these quiet hours' }, 'Remove');
    const node = make('div', { class: 'row fields' }, field('From', from), field('To', to), make('fieldset', { class: 'choices grow' }, make('legend', {}, 'Beginning on'), days.map(([, box]) => box)), remove);
    const one = { from, to, value: () => {
      const on = days.filter(([, box]) => box.input.checked).map(([day]) => day);
      return { from: `${from.value}:00`, to: `${to.value}:00`, days: on.length === DAYS.length ? [] : on };
    } };
    remove.onclick = () => { all = all.filter(other => other !== one); node.remove(); more.hidden = false; place(); };
    all.push(one);
    list.append(node);
    place();
  };
  const more = make('button', { type: 'button', class: 'quiet small', onclick: () => { put({ from: '22:00', to: '07:00', days: [] }); all.at(-1).from.focus(); } }, 'Add quiet hours');
  hours.forEach(put);
  return { node: make('div', { class: 'stack' }, list, make('div', {}, more)), value: () => all.map(one => one.value()) };
}
