// With whom a document is shared, and as what: its owner changes it, editors see it.

import { ago, by } from './ago.js';
import { api } from './api.js';
import { reader } from './document_words.js';
import { carefully, choice, clearFaults, field, make, nothing, section, showFaults, table } from './dom.js';

const ROLES = [['viewer', 'may read it'], ['editor', 'may change it']];
const says = role => (ROLES.find(([name]) => name === role) || [role, role])[1];

export async function sharing(place, stopped, subject, changed) {
  if (subject.access === 'viewer') {
    place.append(nothing('Shared with you to be read', `${subject.owner} owns it and decides with whom it is shared.`));
    return;
  }
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const list = make('div', {});
  const kind = choice([['user', 'a person'], ['group', 'a group']], 'user');
  const who = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'bob', required: true });
  const role = choice(ROLES, 'viewer');
  kind.onchange = () => { who.placeholder = kind.value === 'user' ? 'bob' : 'legal'; };
  const form = make('form', { class: 'row fields', noValidate: true }, field('Share it with', kind), field('Name', who, 'path:reader'), field('Who', role, 'role'), make('button', {}, 'Share'));
  place.append(section('Who may read it', list), subject.access === 'owner' ? section('Share it with somebody else', form, fault, note) : fault);
  const path = of => `/v1/documents/${subject.id}/shares/${encodeURIComponent(of)}`;

  async function load() {
    const { owner, shares } = await api(`/v1/documents/${subject.id}/shares`);
    if (!stopped.aborted) draw(owner, shares);
  }
  function draw(owner, shares) {
    const mine = subject.access === 'owner';
    list.replaceChildren(table([
      { title: 'Who', of: one => one.reader ? reader(one.reader) : one.owner },
      { title: 'What they may', of: one => !one.reader ? 'owns it' : mine ? roleOf(one) : says(one.role) },
      { title: 'Since', of: one => one.reader ? by(ago(one.granted_at), `, by ${one.granted_by}`) : '' },
      ...(mine ? [{ title: '', of: one => one.reader ? carefully('Remove', 'Really?', () => act(() => api(path(one.reader), { method: 'DELETE' }), `${reader(one.reader)} does not see it any more.`)) : '' }] : []),
    ], [{ owner }, ...shares], { caption: 'Who may read it' }));
  }
  const roleOf = one => choice(ROLES, one.role, {
    'aria-label': `What ${reader(one.reader)} may`, class: 'narrow',
    onchange: event => act(() => api(path(one.reader), { method: 'PUT', json: { role: event.target.value } }), `${reader(one.reader)} ${says(event.target.value)} now.`),
  });

  async function act(what, done) {
    clearFaults(form, fault);
    note.textContent = '';
    try {
      await what();
    } catch (error) {
      showFaults(form, fault, error);
      return false;
    }
    // A share is a change of the document: its next change goes by the new revision.
    try {
      const now = await api(`/v1/documents/${subject.id}`);
      subject = now;
      changed(now);
      await load();
    } finally {
      // Said once the page knows it: who goes on is not refused for a revision of before.
      note.textContent = done;
    }
    return true;
  }
  form.onsubmit = async event => {
    event.preventDefault();
    const name = `${kind.value}:${who.value.trim()}`;
    if (await act(() => api(path(name), { method: 'PUT', json: { role: role.value } }), `${reader(name)} ${says(role.value)} now.`)) who.value = '';
  };
  try {
    await load();
  } catch (error) {
    fault.textContent = error.message;
  }
}
