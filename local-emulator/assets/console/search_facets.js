// What the hits can be narrowed by, with how many there are of each: ticked, they are narrowed.

import { format } from './document_words.js';
import { count, make, tick } from './dom.js';

const month = value => new Date(`${value}-01T00:00:00Z`).toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const GROUPS = [
  { field: 'tags', title: 'Tags', key: 'tags', says: value => value },
  { field: 'media_type', title: 'Format', key: 'types', says: format },
  { field: 'owner', title: 'Owner', key: 'owners', says: value => value },
];

/** The boxes. `change(members)` of what is chosen. */
export function facets(now, counts, change) {
  const of = field => ((counts.find(one => one.field === field) || {}).buckets || []);
  const box = (text, hits, checked, act) => {
    const label = tick('', checked, { onchange: act });
    label.input.dataset.box = text;
    label.append(make('span', {}, text), make('small', {}, hits === null ? '' : count(hits)));
    return label;
  };
  const groups = GROUPS.map(({ field, title, key, says }) => {
    const buckets = of(field);
    // What is ticked stays to be unticked, even where nothing is left of it.
    const lost = now[key].filter(value => !buckets.some(one => one.value === value)).map(value => ({ value, count: 0 }));
    const boxes = [...buckets, ...lost].map(one => box(says(one.value), one.count, now[key].includes(one.value),
      event => change({ [key]: event.target.checked ? [...now[key], one.value] : now[key].filter(value => value !== one.value) })));
    return boxes.length ? make('fieldset', {}, make('legend', {}, title), boxes) : null;
  });
  const months = of('updated').map(one => ({ value: one.value.slice(0, 7), count: one.count })).filter(one => one.count || one.value === now.month);
  if (now.month && !months.some(one => one.value === now.month)) months.push({ value: now.month, count: 0 });
  groups.push(months.length ? make('fieldset', {}, make('legend', {}, 'Changed'), months.map(one => box(month(one.value), one.count, one.value === now.month,
    event => change({ month: event.target.checked ? one.value : '' })))) : null);
  groups.push(make('fieldset', {}, make('legend', {}, 'Whose'), box('only what others share with me', null, now.shared, event => change({ shared: event.target.checked }))));
  return groups.filter(Boolean);
}
