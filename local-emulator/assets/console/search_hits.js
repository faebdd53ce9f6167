// One hit: its title, where the words were found in it, what it is.

import { ago } from './ago.js';
import { bearer } from './api.js';
import { format } from './document_words.js';
import { bytes, highlighted, make } from './dom.js';

/** `position`: 1 for the first. `search`: what the answer called itself, if it did; a click is told with it. `only(tag)` narrows. */
export function hit(one, position, search, only) {
  const marks = one.highlights || {};
  const link = make('a', { href: `#documents/${one.id}`, onclick: () => { if (search) clicked(search, one.id, position); } }, marks.title && marks.title[0] ? highlighted(marks.title[0]) : one.title);
  return make('li', {}, make('h2', {}, link),
    make('p', { class: 'where' }, make('span', {}, format(one.media_type)), make('span', {}, bytes(one.size)), make('span', {}, `${one.owner}’s`), make('span', {}, 'changed ', ago(one.updated_at)),
      one.tags.map(tag => make('button', { type: 'button', class: 'chip', title: `Only those with the tag ${tag}`, onclick: () => only(tag) }, tag))),
    (marks.text || []).map(fragment => make('p', { class: 'fragment' }, highlighted(fragment))));
}

/** Tells that it was opened: whoever sees the page go must not wait for that. */
async function clicked(search, document_, position) {
  try {
    await fetch('/v1/search/clicks', {
      method: 'POST', keepalive: true, headers: { 'content-type': 'application/json', authorization: `Bearer ${await bearer()}` },
      body: JSON.stringify({ search_id: search, document: document_, position }),
    });
  } catch { /* It is counted or it is not. */ }
}
