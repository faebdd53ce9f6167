// A saved search by its id, as notifications name it: `#search?saved=ID` becomes the search that was saved.

import { api } from './api.js';
import { make, nothing } from './dom.js';
import { address, ofRequest } from './search_address.js';
import { open as find } from './search_find.js';

export async function open(root, stopped, id) {
  let saved;
  try {
    saved = await api(`/v1/search/saved/${encodeURIComponent(id)}`);
  } catch (error) {
    if (stopped.aborted) return null;
    // Somebody else's is not told apart from one that is gone.
    root.append(error.status === 404 || error.status === 400
      ? nothing('There is no such search of yours', 'It was deleted, or somebody else saved it: a saved search is its owner’s alone.', make('a', { href: '#search/saved', class: 'button small' }, 'My saved searches'), make('a', { href: '#search', class: 'button quiet small' }, 'Search'))
      : make('p', { class: 'fault', role: 'alert' }, error.message));
    return null;
  }
  if (stopped.aborted) return null;
  const to = address(ofRequest(saved.search));
  history.replaceState(null, '', to);
  root.append(make('p', { class: 'telling', role: 'status' }, 'Your saved search ', make('b', {}, saved.name), '. ', make('a', { href: '#search/saved' }, 'All of them')));
  return find(root, stopped, to.replace(/^#search\/?/, ''));
}
