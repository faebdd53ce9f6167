// The document that is to be approved, beside what changed in it.

import { api } from './api.js';
import { make, section } from './dom.js';

/** Shows the version that an approval is about. */
export async function documentPanel(root, now, stopped) {
  const panel = make('div', {});
  const tabs = make('div', { class: 'tabs', role: 'group', 'aria-label': 'What is shown of the document' });
  root.replaceChildren(section(`${now.document.title}, version ${now.document.version}`, tabs, panel));
  let found;
  try {
    found = await api(`/v1/approvals/${encodeURIComponent(now.id)}/document`);
  } catch (error) {
    panel.append(make('p', { class: 'fault' }, error.message));
    return;
  }
  if (stopped.aborted) return;
  const views = [['text', 'The document'], ...(found.changes ? [['changes', `Changes since version ${found.since} (+${found.changes.inserted} −${found.changes.deleted})`]] : [])];
  let view = found.changes ? 'changes' : 'text';
  const draw = () => {
    tabs.replaceChildren(...views.map(([name, text]) => make('button', {
      type: 'button', class: name === view ? 'small' : 'quiet small', 'aria-pressed': String(name === view), onclick: () => { view = name; draw(); },
    }, text)), make('a', { href: `#documents/${now.document.id}` }, 'Open it'));
    panel.replaceChildren(...(view === 'changes' ? changes(found.changes) : text(found)));
  };
  draw();
}

function text(found) {
  return [make('div', { class: 'paper', tabIndex: 0, role: 'group', 'aria-label': 'Text of the document' }, found.text || 'There is no text in it.'),
    found.text_truncated ? make('p', { class: 'soft' }, 'It goes on: this is its beginning.') : ''];
}

function changes({ hunks, truncated }) {
  const words = { insert: 'added: ', delete: 'removed: ' };
  const looks = { insert: 'inserted', delete: 'deleted' };
  const lines = hunks.flatMap((hunk, at) => [
    at > 0 ? make('div', { class: 'gap' }, `line ${hunk.new_start}`) : null,
    ...hunk.lines.map(line => make('div', { class: looks[line.tag] || null }, words[line.tag] ? make('span', { class: 'hidden-label' }, words[line.tag]) : null, line.text || ' ')),
  ]);
  return [make('div', { class: 'change', tabIndex: 0, role: 'group', 'aria-label': 'What changed' }, lines.filter(Boolean).length ? lines : make('div', {}, 'Nothing changed in its text.')),
    truncated ? make('p', { class: 'soft' }, 'There is more that changed than is shown.') : ''];
}
