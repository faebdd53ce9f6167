// What a document is called and tagged with. It is changed on condition that nobody else has changed it since: if somebody has,
// both are shown, and one decides.

import { ago, by } from './ago.js';
import { api } from './api.js';
import { etag, format } from './document_words.js';
import { bytes, clearFaults, count, field, make, moment, section, showFaults } from './dom.js';

const TAGS_SPLIT = /\s*,\s*/;

export function about(place, stopped, subject, changed) {
  let base = subject;
  const title = make('input', { name: 'title', autocomplete: 'off', value: base.title, required: true });
  const tags = make('input', { name: 'tags', autocomplete: 'off', spellcheck: false, value: base.tags.join(', '), placeholder: 'none' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const conflict = make('div', { role: 'alert' });
  const save = make('button', {}, 'Save');
  const form = make('form', { class: 'stack', noValidate: true }, field('Title', title, 'title'), field('Tags, with commas between them', tags, 'tags'), make('div', { class: 'buttons' }, save), fault, note);
  const mayChange = base.access !== 'viewer';
  for (const input of [title, tags, save]) input.disabled = !mayChange;
  const facts = make('dl', { class: 'members' });
  place.append(section('Title and tags', mayChange ? null : make('p', { class: 'soft' }, 'It is shared with you to be read: its owner and editors change this.'), conflict, form),
    section('What is known of it', facts));

  function draw() {
    const { content } = base;
    const known = [
      ['Identifier', make('code', {}, base.id)], ['Owner', base.owner], ['Format', `${format(content.media_type)} (${content.media_type})`], ['File', content.file_name], ['Size', bytes(content.size)],
      ['Text', `${count(content.text_chars)} characters${content.text_truncated ? ', of which search sees the beginning' : ''}`],
      ['Made', ago(base.created_at)], ['Changed', by(ago(base.updated_at), ` by ${base.updated_by}`)], ['Version', base.version], ['Revision', base.revision], ['Hash (BLAKE3)', make('code', {}, content.hash)],
      ['Fields of its own', Object.keys(base.metadata).length ? make('pre', { tabIndex: 0 }, JSON.stringify(base.metadata, null, 2)) : null],
    ];
    facts.replaceChildren(...known.filter(([, value]) => value !== null && value !== '').flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value instanceof Node ? value : String(value))]));
  }
  const wanted = () => ({ title: title.value, tags: tags.value.split(TAGS_SPLIT).map(tag => tag.trim()).filter(Boolean) });

  async function send() {
    clearFaults(form, fault);
    note.textContent = '';
    conflict.replaceChildren();
    save.disabled = true;
    try {
      take(await api(`/v1/documents/${base.id}`, { method: 'PATCH', json: wanted(), headers: { 'if-match': etag(base) } }));
      note.textContent = 'Saved.';
    } catch (error) {
      if (error.status === 412) await disagree();
      else showFaults(form, fault, error);
    } finally {
      save.disabled = false;
    }
  }

  function take(now) {
    base = now;
    title.value = now.title;
    tags.value = now.tags.join(', ');
    changed(now);
    draw();
  }

  /** Somebody was faster: theirs beside one's own. */
  async function disagree() {
    let theirs;
    try {
      theirs = await api(`/v1/documents/${base.id}`);
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    if (stopped.aborted) return;
    const mine = wanted();
    const line = (name, is, own) => [make('dt', {}, name), make('dd', {}, is === own ? is || 'none' : [make('span', {}, `theirs: ${is || 'none'}`), make('br'), make('span', {}, `yours: ${own || 'none'}`)])];
    const keep = make('button', { type: 'button', class: 'small', onclick: () => { base = theirs; send(); } }, 'Save mine over it');
    const leave = make('button', { type: 'button', class: 'quiet small', onclick: () => { conflict.replaceChildren(); take(theirs); note.textContent = 'Theirs is taken; nothing of yours was saved.'; } }, 'Take theirs');
    conflict.replaceChildren(make('div', { class: 'banner' }, make('b', {}, `${theirs.updated_by} changed it while you wrote (${moment(theirs.updated_at)}). Nothing was saved yet.`),
      make('dl', { class: 'members' }, line('Title', theirs.title, mine.title.trim()), line('Tags', theirs.tags.join(', '), [...new Set(mine.tags)].sort().join(', ')), theirs.version === base.version ? null : [make('dt', {}, 'Text'), make('dd', {}, `it is at version ${theirs.version} now, which stays`)]),
      make('div', { class: 'buttons' }, keep, leave)));
    keep.focus();
  }

  form.onsubmit = event => {
    event.preventDefault();
    send();
  };
  draw();
}
