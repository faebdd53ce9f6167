// Search: what one looks for, and what is around it. `#search?q=words` is a search that can be kept and shared.
//
// To add a page below `#search/NAME`: a file with `open(root, stopped)`, and its line in BELOW.

import { identity } from './api.js';
import { make } from './dom.js';
import { open as find } from './search_find.js';
import { open as kept } from './search_kept.js';
import * as saved from './search_saved.js';
import * as synonyms from './search_synonyms.js';
import * as analytics from './search_analytics.js';

const BELOW = { saved, synonyms, analytics };
const LINKS = [['', 'Search'], ['saved', 'Saved'], ['synonyms', 'Synonyms'], ['analytics', 'What is looked for']];
const ADMINISTRATORS = ['synonyms', 'analytics'];

export function open(root, stopped, rest) {
  const name = Object.hasOwn(BELOW, rest) ? rest : '';
  root.append(make('nav', { class: 'below', 'aria-label': 'Search' }, LINKS.map(([to, text]) =>
    make('a', { href: to ? `#search/${to}` : '#search', 'aria-current': to === name ? 'page' : null }, text))));
  const one = new URLSearchParams(rest).get('saved');
  if (one) return kept(root, stopped, one);
  if (!name) return find(root, stopped, rest);
  if (ADMINISTRATORS.includes(name) && !identity.roles.includes('admin')) {
    root.append(make('p', { class: 'soft' }, 'This is for administrators: it needs the role admin, which is chosen above.'));
    return null;
  }
  BELOW[name].open(root, stopped);
  return null;
}
