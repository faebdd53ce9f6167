// A document's versions: each to be looked at, two to be compared, an older one to be made the newest again.

import { ago, by } from './ago.js';
import { api, raw } from './api.js';
import { etag, format } from './document_words.js';
import { bytes, carefully, make, section, table } from './dom.js';
import { difference } from './document_diff.js';
import { body, words } from './document_preview.js';

const PAGE = 25;

export async function versions(place, stopped, subject, changed) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const list = make('div', {});
  const more = make('button', { type: 'button', class: 'quiet', hidden: true }, 'Older versions');
  const below = make('div', { 'aria-live': 'polite' });
  place.append(fault, note, list, make('p', {}, more), below);
  let document_ = subject;
  let shown = [];
  let cursor = null;
  // What is compared: by number, the older one first.
  let [from, to] = [null, null];
  const at = number => `/v1/documents/${subject.id}/versions/${number}/content`;
  const of = number => shown.find(one => one.number === number);

  async function load(next) {
    const mine = turn;
    try {
      const page = await api(`/v1/documents/${subject.id}/versions?limit=${PAGE}${next ? `&cursor=${encodeURIComponent(next)}` : ''}`);
      if (stopped.aborted) return;
      shown = next ? [...shown, ...page.versions] : page.versions;
      cursor = page.next_cursor || null;
      more.hidden = !cursor;
      // Whoever has chosen something to look at meanwhile goes on looking at it.
      const anew = !next && mine === turn;
      if (anew) [to, from] = [shown[0] ? shown[0].number : null, shown[1] ? shown[1].number : null];
      draw();
      if (anew && from !== null) await compare();
      else if (anew && to !== null) look(to);
    } catch (error) {
      fault.textContent = error.message;
    }
  }

  const pick = (name, number, is, choose) => make('input', { type: 'radio', name: `${name}-${subject.id}`, checked: is, 'aria-label': `${name === 'from' ? 'Compare from' : 'Compare to'} version ${number}`, onchange: () => { choose(); compare(); } });
  function draw() {
    list.replaceChildren(table([
      { title: 'Version', of: one => make('button', { type: 'button', class: 'link', onclick: () => look(one.number) }, `Version ${one.number}`) },
      { title: 'Title', of: one => one.title, wrap: true },
      { title: 'Written', of: one => by(ago(one.created_at), ` by ${one.created_by}`) },
      { title: 'Format', of: one => format(one.content.media_type) },
      { title: 'Size', of: one => bytes(one.content.size), number: true },
      shown.length > 1 ? { title: 'From', of: one => pick('from', one.number, one.number === from, () => { from = one.number; }) } : null,
      shown.length > 1 ? { title: 'To', of: one => pick('to', one.number, one.number === to, () => { to = one.number; }) } : null,
      { title: '', of: one => one.number === document_.version ? make('span', { class: 'state up' }, 'newest') : document_.access === 'viewer' ? '' : carefully('Make it the newest', 'Really? It becomes a new version', () => restore(one)) },
    ].filter(Boolean), shown, { caption: 'Versions', mark: one => one.number === to && 'selected' }));
  }

  let turn = 0;
  async function compare() {
    const mine = ++turn;
    if (from === null || to === null) return;
    if (from === to) {
      below.replaceChildren(make('p', { class: 'soft' }, 'That is one version: choose two.'));
      return;
    }
    try {
      const [before, after] = await Promise.all([from, to].map(number => words(of(number).content, at(number))));
      if (mine !== turn || stopped.aborted) return;
      if (before === null || after === null) {
        below.replaceChildren(section(`From version ${from} to ${to}`, make('p', { class: 'soft' }, 'A PDF’s words are not compared here: look at each version.')));
        return;
      }
      const { inserted, deleted, node } = difference(before, after);
      const lines = (number, word) => `${number} ${number === 1 ? 'line' : 'lines'} ${word}`;
      below.replaceChildren(section(`From version ${from} to ${to}`, inserted === null ? null : make('p', { class: 'soft' }, `${lines(inserted, 'added')}, ${lines(deleted, 'removed')}`), node));
    } catch (error) {
      if (mine === turn) below.replaceChildren(make('p', { class: 'fault', role: 'alert' }, error.message));
    }
  }

  function look(number) {
    turn += 1;
    const panel = make('div', {});
    below.replaceChildren(section(`Version ${number}`, panel));
    body(panel, stopped, of(number).content, at(number), `${subject.title}, version ${number}`);
  }

  async function restore(one) {
    fault.textContent = note.textContent = '';
    try {
      const bytes_ = await (await raw(at(one.number))).blob();
      const name = one.content.file_name ? `?file_name=${encodeURIComponent(one.content.file_name)}` : '';
      document_ = await api(`/v1/documents/${subject.id}/content${name}`, { method: 'PUT', body: bytes_, headers: { 'if-match': etag(document_), 'content-type': one.content.media_type } });
      changed(document_);
      // Said once it is shown: what one presses then is not thrown out by the list.
      await load(null);
      note.textContent = `Version ${document_.version} says what version ${one.number} said.`;
    } catch (error) {
      fault.textContent = error.status === 412 ? 'Somebody changed it meanwhile: look at the versions again first.' : error.message;
      if (error.status !== 412) return;
      document_ = await api(`/v1/documents/${subject.id}`);
      changed(document_);
      await load(null);
    }
  }

  more.onclick = () => load(cursor);
  await load(null);
}
