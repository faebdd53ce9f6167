// A search as it stands in the address, and as the API is asked for it. Both know the same things, so that what was shared finds
// what was found.

import { asked } from './document_words.js';

export const SORTS = [['relevance', 'the best first'], ['updated', 'last changed first'], ['created', 'newest first'], ['title', 'by title']];
/** What is counted, and how often at most. */
const FACETS = [{ field: 'tags', size: 12 }, { field: 'media_type', size: 6 }, { field: 'owner', size: 8 }, { field: 'updated', size: 6, interval: 'month' }];
const PAGE = 20;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** `{ text, tags, types, owners, month, shared, sort, hybrid }` of `?q=…`. */
export function read(rest) {
  const given = new URLSearchParams(rest);
  const sort = given.get('sort');
  const month = given.get('month') || '';
  return {
    text: given.get('q') || '', tags: given.getAll('tag'), types: given.getAll('type'), owners: given.getAll('owner'), month: MONTH.test(month) ? month : '',
    shared: given.get('shared') === 'true', sort: SORTS.some(([name]) => name === sort) ? sort : 'relevance', hybrid: given.get('mode') === 'hybrid',
  };
}

/** The address of a search. */
export const address = now => `#search${asked({
  q: now.text, tag: now.tags, type: now.types, owner: now.owners, month: now.month, shared: now.shared, sort: now.sort === 'relevance' ? '' : now.sort, mode: now.hybrid ? 'hybrid' : '',
})}`;

/** The request without what belongs to a page of it. `without`: a filter that is left out. */
export function request(now, without = null) {
  const [year, month] = now.month.split('-').map(Number);
  const at = (of, whose) => without === of ? [] : whose;
  return {
    text: now.text,
    filters: {
      tags: { all: at('tags', now.tags) }, media_types: at('media_type', now.types), owners: at('owner', now.owners), shared_with_me: now.shared,
      updated: now.month && without !== 'updated' ? { from: new Date(Date.UTC(year, month - 1)).toISOString(), to: new Date(Date.UTC(year, month)).toISOString() } : {},
    },
    sort: now.sort, ...(now.hybrid ? { mode: 'hybrid' } : {}),
  };
}

/** The first page, with what is counted. */
export const first = (now, explain) => ({ ...request(now), facets: FACETS, highlight: true, size: PAGE, ...(explain ? { explain: true } : {}) });
/** A page after another. */
export const after = (now, cursor) => ({ ...request(now), highlight: true, size: PAGE, cursor });
/** One count alone, as if nothing of it were chosen: what else could be chosen as well. */
export const others = (now, field) => ({ ...request(now, field), facets: FACETS.filter(one => one.field === field), size: 1 });

/** Whether anything but words is chosen. */
export const narrowed = now => now.tags.length + now.types.length + now.owners.length > 0 || now.month !== '' || now.shared;
/** The same words without filters. */
export const widened = now => ({ ...now, tags: [], types: [], owners: [], month: '', shared: false });

/** A saved request as a search of here: what it asks for that cannot be chosen here is left out. */
export function ofRequest(saved) {
  const filters = saved.filters || {};
  return {
    ...read(''), text: saved.text || '', tags: (filters.tags && filters.tags.all) || [], types: filters.media_types || [], owners: filters.owners || [],
    month: filters.updated && filters.updated.from ? filters.updated.from.slice(0, 7) : '', shared: Boolean(filters.shared_with_me), sort: saved.sort || 'relevance', hybrid: saved.mode === 'hybrid',
  };
}
