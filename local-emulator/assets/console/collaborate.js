// Editing together: the documents that can be, and one of them opened.

import { ago, by } from './ago.js';
import { api, identity } from './api.js';
import { choice, clearFaults, field, make, section, showFaults, table } from './dom.js';
import { node } from './hub.js';
import { room } from './room.js';

const LISTED = 50;
/** What the editor takes for text. */
const EDITABLE = ['text/markdown', 'text/plain', 'text/html'];

export async function open(root, stopped, id) {
  let address;
  try {
    address = await node();
  } catch (error) {
    root.append(section('Collaborate', make('p', { class: 'fault', role: 'alert' }, error.message)));
    return;
  }
  if (stopped.aborted) return;
  if (!address) root.append(section('Collaborate', make('p', { class: 'soft' }, 'This platform has no realtime node yet: nobody can edit together.')));
  else if (id) await opened(root, stopped, id);
  else list(root, stopped);
}

function list(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const name = make('input', { name: 'title', autocomplete: 'off', required: true, placeholder: 'Minutes of Monday' });
  const prefix = make('input', { type: 'search', autocomplete: 'off', placeholder: 'titles that begin so' });
  const documents = make('div', { 'aria-live': 'polite' });
  const form = make('form', { class: 'row', noValidate: true }, make('div', { class: 'grow' }, field('Title', name, 'title')), make('button', {}, 'Make it and open it'));
  root.append(
    section('New document', form, fault),
    section('Documents', make('p', { class: 'soft' }, `What ${identity.user} of ${identity.tenant} may read. Open one in two windows as two people, and type in both.`),
      make('div', { class: 'stack' }, make('div', { class: 'row' }, make('label', { class: 'grow' }, 'Find', prefix)), documents)));

  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    try {
      const made = await api('/v1/documents', { method: 'POST', json: { title: name.value, content: `# ${name.value}\n\n`, content_type: 'text/markdown' } });
      location.hash = `#collaborate/${made.id}`;
    } catch (error) {
      showFaults(form, fault, error);
    }
  };

  async function show() {
    const asked = prefix.value;
    const { documents: found } = await api(`/v1/documents?limit=${LISTED}${asked ? `&title_prefix=${encodeURIComponent(asked)}` : ''}`);
    if (stopped.aborted || asked !== prefix.value) return;
    const is = one => EDITABLE.includes(one.content.media_type);
    documents.replaceChildren(table([
      { title: 'Title', of: one => is(one) ? make('a', { href: `#collaborate/${one.id}` }, one.title) : one.title, wrap: true },
      { title: 'Yours', of: one => one.access === 'owner' ? 'yours' : `${one.access}, of ${one.owner}` },
      { title: 'Format', of: one => is(one) ? one.content.media_type : `${one.content.media_type}, not edited here` },
      { title: 'Version', of: one => one.version, number: true },
      { title: 'Changed', of: one => by(ago(one.updated_at), ` by ${one.updated_by}`) },
    ], found, { empty: asked ? 'no title begins so' : 'none yet: make one above', caption: 'Documents' }));
  }
  const again = () => show().catch(error => { fault.textContent = error.message; });
  prefix.oninput = again;
  again();
}

async function opened(root, stopped, id) {
  const back = make('p', {}, make('a', { href: '#collaborate' }, '← All documents'));
  let subject;
  try {
    subject = await api(`/v1/documents/${encodeURIComponent(id)}`);
  } catch (error) {
    const said = error.status === 404 ? `There is no such document that ${identity.user} of ${identity.tenant} may read.` : error.message;
    if (!stopped.aborted) root.append(back, make('p', { class: 'fault', role: 'alert' }, said));
    return;
  }
  if (stopped.aborted) return;
  document.title = `${subject.title} – Octavo`;
  const sharing = subject.access === 'owner' ? share(subject) : null;
  root.append(make('div', { class: 'opened' }, back, sharing));
  await room(root, stopped, subject);
}

/** Sharing, for the owner. */
function share(subject) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const who = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'bob', required: true });
  const role = choice([['editor', 'may change it'], ['viewer', 'may read it']], 'editor');
  const form = make('form', { class: 'stack' }, make('label', {}, 'User', who), make('label', {}, 'What they may', role), make('button', {}, 'Share'), fault, note);
  form.onsubmit = async event => {
    event.preventDefault();
    fault.textContent = note.textContent = '';
    const name = who.value.trim();
    try {
      await api(`/v1/documents/${subject.id}/shares/${encodeURIComponent(`user:${name}`)}`, { method: 'PUT', json: { role: role.value } });
      note.textContent = `${name} ${role.value === 'editor' ? 'may change it' : 'may read it'} now.`;
      who.value = '';
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  return make('details', { class: 'popover' }, make('summary', {}, 'Share'), form);
}
