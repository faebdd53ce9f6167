// Functions: the list, what is asked of them as it happens; one of them (`#functions/NAME`), one invocation (`#functions/NAME/ID`).

import { emulator, poll } from './api.js';
import { count, duration, make, section, table } from './dom.js';
import { invocations } from './functions_list.js';
import * as one from './functions_one.js';
import * as invocation from './functions_invocation.js';

const EVERY = 2000;

export function open(root, stopped, rest) {
  const [path, query = ''] = rest.split('?');
  const [name, id] = path.split('/').map(decodeURIComponent);
  if (id) return invocation.open(root, stopped, name, id);
  if (name) return one.open(root, stopped, name, query === 'failed');
  return list(root, stopped);
}

/** The state of a function in a word, and how that looks. */
export function state(of) {
  if (of.frozen) return ['frozen', 'starting'];
  if (of.last_error) return ['does not start', 'down'];
  if (of.running) return ['running', 'up'];
  return of.sandboxes ? ['ready', 'up'] : ['asleep', 'soft'];
}

function list(root, stopped) {
  const functions = make('div');
  root.append(make('p', { class: 'lead' }, 'The functions of the platform, as AWS Lambda runs them: a sandbox is a process that takes one event after the other. One that has had no work for a while is put to sleep.'),
    functions, section('Invocations as they happen', invocations(stopped, {})));
  let last = '';
  poll(stopped, EVERY, async () => {
    const { items } = await emulator('/_octavo/functions');
    const key = JSON.stringify(items);
    // Somebody who walks through the links by keyboard is not thrown out of them.
    if (stopped.aborted || key === last || functions.contains(document.activeElement)) return;
    last = key;
    functions.replaceChildren(table([
      { title: 'Function', of: row => make('a', { href: `#functions/${encodeURIComponent(row.name)}` }, row.name) },
      { title: 'State', of: row => { const [word, look] = state(row); return make('span', { class: `state ${look}` }, word); } },
      { title: 'Sandboxes', of: row => `${row.sandboxes} of ${row.sandboxes_max}`, number: true },
      { title: 'Running', of: row => row.running || '', number: true },
      { title: 'Waiting', of: row => row.waiting || '', number: true },
      { title: 'Invocations', of: row => count(row.invocations), number: true },
      { title: 'Errors', of: row => make('span', { class: row.errors ? 'down' : '' }, count(row.errors)), number: true },
      { title: 'p50', of: row => duration(row.p50_ms), number: true },
      { title: 'p95', of: row => duration(row.p95_ms), number: true },
      { title: 'Cold starts', of: row => count(row.cold_starts), number: true },
      { title: 'Memory', of: row => row.memory_mb ? `${count(row.memory_mb)} MB` : '', number: true },
    ], items, { caption: 'Functions', mark: row => row.frozen && 'selected' }));
  });
}
