// What means the same in this tenant: lines that a person can read and write, as the API keeps them.

import { raw } from './api.js';
import { MISSING, inLines, ofLines } from './search_words.js';
import { clearFaults, field, make, moment, section, showFaults } from './dom.js';

const PATH = '/v1/search/synonyms';

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const about = make('p', { class: 'soft' });
  const equivalents = make('textarea', { rows: 10, spellcheck: false, placeholder: 'car, automobile, motor vehicle' });
  const oneWay = make('textarea', { rows: 10, spellcheck: false, placeholder: 'k8s => kubernetes' });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'columns' }, field('Mean the same: who looks for one finds the others', equivalents, 'equivalents'), field('Found too, and not the other way round', oneWay, 'one_way')),
    make('div', { class: 'buttons' }, make('button', {}, 'Save')), fault, note);
  root.append(section('Synonyms', make('p', { class: 'soft' }, 'A rule a line, terms with commas between them; a term may have several words. The next searches know them after a few seconds.'), about, form));
  let tag = null;

  async function load() {
    const response = await raw(PATH);
    const rules = await response.json();
    if (stopped.aborted) return;
    tag = response.headers.get('etag');
    const said = inLines(rules);
    equivalents.value = said.equivalents;
    oneWay.value = said.one_way;
    about.textContent = rules.updated_at ? `Changed ${moment(rules.updated_at)} by ${rules.updated_by}.` : 'None are set yet.';
  }
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    try {
      await raw(PATH, { method: 'PUT', json: ofLines(equivalents.value, oneWay.value), headers: tag ? { 'if-match': tag } : {} });
      await load();
      note.textContent = 'Saved.';
    } catch (error) {
      if (error.status === 412) fault.textContent = 'Somebody else changed them while you wrote. Keep what you wrote elsewhere, open the page anew, and put it in.';
      else showFaults(form, fault, error);
    }
  };
  try {
    await load();
  } catch (error) {
    form.hidden = true;
    about.textContent = error.status === 404 ? MISSING : error.message;
  }
}
