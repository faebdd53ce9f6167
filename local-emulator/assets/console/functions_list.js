// Invocations as they happen: what is under way first, then the last that ended.

import { ago } from './ago.js';
import { emulator, poll } from './api.js';
import { duration, make, table, tick } from './dom.js';

const EVERY = 1000;

/** The way to one invocation. */
export const link = one => `#functions/${encodeURIComponent(one.function)}/${encodeURIComponent(one.request_id)}`;

/** A list that goes on by itself. `wanted`: `function`, only its own; `failed`, whether only failed ones are shown at first. */
export function invocations(stopped, wanted) {
  const box = make('div');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const failed = tick('only those that failed', wanted.failed === true);
  const held = tick('hold still', false);
  let last = '';

  let turn = 0;
  const load = async () => {
    if (held.input.checked && last) return;
    const mine = ++turn;
    const asked = new URLSearchParams();
    if (wanted.function) asked.set('function', wanted.function);
    if (failed.input.checked) asked.set('failed', 'true');
    let found;
    try {
      found = await emulator(`/_octavo/invocations?${asked}`);
      fault.textContent = '';
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    // An answer to what was asked before comes too late.
    if (mine !== turn) return;
    const rows = [...(failed.input.checked ? [] : found.underway.map(one => ({ ...one, underway: true }))), ...found.items];
    const key = JSON.stringify(rows.map(one => [one.request_id, one.underway, one.running]));
    if (stopped.aborted || key === last || box.contains(document.activeElement)) return;
    last = key;
    box.replaceChildren(table([
      { title: 'When', of: one => ago(one.at) },
      ...(wanted.function ? [] : [{ title: 'Function', of: one => make('a', { href: `#functions/${encodeURIComponent(one.function)}` }, one.function) }]),
      { title: 'What', of: one => one.underway ? one.what : make('a', { href: link(one) }, one.what), wrap: true },
      { title: 'Result', of: one => one.underway ? make('span', { class: 'state starting' }, one.running ? 'running…' : 'waits…') : make('span', { class: one.failed ? 'state down' : '' }, one.result) },
      { title: 'Took', of: one => one.underway ? '' : duration(one.duration_ms), number: true },
      { title: 'Start', of: one => one.underway ? '' : one.cold ? 'cold' : 'warm' },
    ], rows, { caption: 'Invocations', empty: failed.input.checked ? 'None of the last ones failed.' : 'Nothing was asked yet.' }));
  };
  failed.input.onchange = load;
  poll(stopped, EVERY, load);
  return make('div', {}, make('div', { class: 'choices' }, failed, held), fault, box);
}
