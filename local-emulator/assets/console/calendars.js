// The tenant's calendars: business hours and holidays, by which reminders, escalations and deadlines are counted.

import { api, identity } from './api.js';
import { carefully, clearFaults, field, make, section, showFaults, table } from './dom.js';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const short = time => time.slice(0, 5);
const written = hours => (hours || []).map(one => `${short(one.from)}-${short(one.to)}`).join(', ');

export function open(root) {
  const admin = identity.roles.includes('admin');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const name = make('input', { autocomplete: 'off', spellcheck: false, value: 'default' });
  const zone = make('input', { autocomplete: 'off', spellcheck: false });
  const hours = DAYS.map(day => [day, make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'none' })]);
  const holidays = make('textarea', { rows: 6, class: 'code', placeholder: '2026-12-25 Christmas' });
  const list = make('div');
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('Name', name, 'name'), field('Time zone', zone, 'zone')),
    make('div', { class: 'row fields' }, hours.map(([day, input]) => field(day[0].toUpperCase() + day.slice(1), input, `hours.${day}`))),
    field('Holidays, one a line', holidays, 'holidays'), make('div', { class: 'buttons' }, make('button', {}, 'Set')), fault);
  root.append(section('Calendars', make('p', { class: 'soft' }, 'The one that is meant where a workflow names none is “default”. Hours are written 09:00-12:30, 13:00-17:00.'), list), admin ? section('Change one', form) : fault);

  const fill = one => {
    name.value = one.name;
    zone.value = one.zone;
    for (const [day, input] of hours) input.value = written(one.hours[day]);
    holidays.value = Object.entries(one.holidays).map(([day, what]) => `${day} ${what}`).join('\n');
    zone.focus();
  };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const spans = text => text.split(',').map(part => part.trim()).filter(Boolean).map(part => {
      const [from, to] = part.split(/\s*[-–]\s*/);
      return { from: `${from}:00`, to: `${to === '24:00' ? '00:00' : to}:00` };
    });
    const days = holidays.value.split('\n').map(line => line.trim()).filter(Boolean).map(line => [line.split(/\s+/)[0], line.split(/\s+/).slice(1).join(' ')]);
    const wanted = { zone: zone.value.trim(), hours: Object.fromEntries(hours.map(([day, input]) => [day, spans(input.value)]).filter(([, all]) => all.length)), holidays: Object.fromEntries(days) };
    try {
      await api(`/v1/calendars/${encodeURIComponent(name.value.trim())}`, { method: 'PUT', json: wanted });
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  async function show() {
    const { calendars } = await api('/v1/calendars');
    list.replaceChildren(table([
      { title: 'Name', of: one => one.name },
      { title: 'Zone', of: one => one.zone },
      { title: 'Hours', of: one => DAYS.filter(day => (one.hours[day] || []).length).map(day => `${day.slice(0, 3)} ${written(one.hours[day])}`).join('; ') || 'none', wrap: true },
      { title: 'Holidays', of: one => Object.keys(one.holidays).length, number: true },
      { title: '', of: one => admin ? make('span', { class: 'buttons' }, make('button', { type: 'button', class: 'quiet small', onclick: () => fill(one) }, 'Change'),
        one.updated_at ? carefully('Delete', 'Really delete it?', async () => {
          try { await api(`/v1/calendars/${encodeURIComponent(one.name)}`, { method: 'DELETE' }); await show(); } catch (error) { fault.textContent = error.message; }
        }) : null) : '' },
    ], calendars, { caption: 'Calendars' }));
    if (!zone.value) fill(calendars.find(one => one.name === 'default') || calendars[0]);
  }
  show().catch(error => { fault.textContent = error.message; });
}
