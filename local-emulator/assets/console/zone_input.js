// An input for a time zone, with those that the browser knows.

import { freshId, make } from './dom.js';

/** `{ input, names }`: the input, and the list of names that has to be on the page beside it. */
export function zoneInput(value, placeholder = '') {
  const names = make('datalist', { id: freshId() }, ['UTC', ...Intl.supportedValuesOf('timeZone')].map(zone => make('option', { value: zone })));
  return { input: make('input', { autocomplete: 'off', spellcheck: false, value: value || '', placeholder, list: names.id }), names };
}
