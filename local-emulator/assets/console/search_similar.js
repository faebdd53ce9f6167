// Documents like one: more to read for whoever reads it.

import { ago } from './ago.js';
import { api } from './api.js';
import { format } from './document_words.js';
import { make, section } from './dom.js';

const SHOWN = 6;

/** Shows them, if the index knows the document by now and there are any. */
export async function alike(place, stopped, id) {
  let found;
  try {
    found = (await api(`/v1/search/similar/${encodeURIComponent(id)}?limit=${SHOWN}`)).hits;
  } catch {
    // Of no document is that what one came for.
    return;
  }
  if (stopped.aborted || !found.length) return;
  place.replaceChildren(section('More like this', make('div', { class: 'grid' }, found.map(hit =>
    make('a', { class: 'card plain', href: `#documents/${hit.id}` }, make('b', {}, hit.title), make('small', {}, `${format(hit.media_type)}, ${hit.owner}’s, changed `, ago(hit.updated_at)))))));
}
