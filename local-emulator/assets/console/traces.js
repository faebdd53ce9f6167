// Traces: what became of a request or an event, through functions and queues; one of them as a waterfall (`#traces/ID`).

import { ago } from './ago.js';
import { emulator, poll } from './api.js';
import { duration, make, table, tick } from './dom.js';
import * as one from './traces_one.js';

const EVERY = 2000;

export function open(root, stopped, rest) {
  const id = decodeURIComponent(rest.split('?')[0]);
  if (id) return one.open(root, stopped, id);
  return list(root, stopped);
}

function list(root, stopped) {
  const box = make('div');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const failed = tick('only those in which something failed', false);
  const several = tick('only those of several invocations', false);
  const held = tick('hold still', false);
  root.append(make('p', { class: 'lead' }, 'What became of a request: the functions that it ran, what they put into queues, and who took it from there. A client that sends the header traceparent finds its own trace here.'),
    find(), make('div', { class: 'choices' }, failed, several, held), fault, box);
  let last = '';

  let turn = 0;
  const load = async () => {
    if (held.input.checked && last) return;
    const mine = ++turn;
    const asked = new URLSearchParams();
    if (failed.input.checked) asked.set('failed', 'true');
    if (several.input.checked) asked.set('several', 'true');
    let items;
    try {
      ({ items } = await emulator(`/_octavo/traces?${asked}`));
      fault.textContent = '';
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    // An answer to what was asked before comes too late.
    if (mine !== turn) return;
    const key = JSON.stringify(items);
    if (stopped.aborted || key === last || box.contains(document.activeElement)) return;
    last = key;
    box.replaceChildren(table([
      { title: 'When', of: row => ago(row.at) },
      { title: 'What', of: row => make('a', { href: `#traces/${row.id}` }, row.what), wrap: true },
      { title: 'Functions', of: row => row.functions.join(', '), wrap: true },
      { title: 'Result', of: row => row.failed ? make('span', { class: 'state down' }, 'failed') : row.underway ? make('span', { class: 'state starting' }, 'goes on…') : 'ok' },
      { title: 'Invocations', of: row => row.invocations, number: true },
      { title: 'Took', of: row => duration(row.duration_ms), number: true },
    ], items, { caption: 'Traces, the latest first', empty: failed.input.checked || several.input.checked ? 'None of the last ones.' : 'Nothing was asked yet.' }));
  };
  for (const choice of [failed, several]) choice.input.onchange = () => { last = ''; load(); };
  poll(stopped, EVERY, load);
}

/** By a name that one came across: in a log, in a message, in the header of an answer. */
function find() {
  const id = make('input', { autocomplete: 'off', spellcheck: false, required: true, placeholder: 'Root=1-… or 32 hexadecimal digits' });
  return make('form', { class: 'row by-name', onsubmit: event => { event.preventDefault(); location.hash = `#traces/${encodeURIComponent(id.value.trim())}`; } },
    make('label', {}, 'A trace by its name', id), make('button', {}, 'Open'));
}
