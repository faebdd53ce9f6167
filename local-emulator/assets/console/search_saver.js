// “Save this search”: one is told later of what is new in it.

import { api } from './api.js';
import { request } from './search_address.js';
import { CADENCES, MISSING, inWords } from './search_words.js';
import { choice, clearFaults, field, make, showFaults } from './dom.js';

/** What hangs below its button. `present()`: the search as it is now. */
export function saver(present) {
  const name = make('input', { autocomplete: 'off', required: true });
  const notify = choice(CADENCES, 'daily');
  const about = make('p', { class: 'soft line' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const form = make('form', { class: 'stack', noValidate: true }, about, field('Name', name, 'name'), field('Tell me', notify, 'notify'), make('div', { class: 'buttons' }, make('button', {}, 'Save it'), make('a', { href: '#search/saved' }, 'My saved searches')), fault, note);
  const panel = make('details', { class: 'popover' }, make('summary', {}, 'Save this search'), form);
  panel.ontoggle = () => {
    if (!panel.open) return;
    const now = present();
    about.textContent = `Of ${inWords(now)}.`;
    name.value = now.text || inWords(now);
    note.textContent = '';
    name.select();
  };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    try {
      await api('/v1/search/saved', { method: 'POST', json: { name: name.value, search: request(present()), notify: notify.value } });
      note.textContent = 'It is saved: you are told of what is new from now on.';
    } catch (error) {
      if (error.status === 404 || error.status === 405) fault.textContent = MISSING;
      else showFaults(form, fault, error);
    }
  };
  return panel;
}
