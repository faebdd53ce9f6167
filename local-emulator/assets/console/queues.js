// Queues: how full each is; one of them with its dead letters (`#queues/NAME`); one dead letter (`#queues/NAME/ID`).

import { emulator, poll } from './api.js';
import { count, duration, make, section, table } from './dom.js';
import { chart } from './chart.js';
import * as letter from './queues_letter.js';
import * as one from './queues_one.js';

const EVERY = 1500;

export function open(root, stopped, rest) {
  const [name, id] = rest.split('/').map(decodeURIComponent);
  if (id) return letter.open(root, stopped, name, id);
  if (name) return one.open(root, stopped, name);
  return list(root, stopped);
}

function list(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const queues = make('div');
  root.append(make('p', { class: 'lead' }, 'Each queue feeds the function of its name. What fails is tried again, later and later; what failed for good becomes a dead letter, which waits for somebody to decide.'), fault, queues);
  let last = '';
  poll(stopped, EVERY, async () => {
    let found;
    try {
      found = await Promise.all([emulator('/_octavo/queues'), emulator('/_octavo/overview')]);
      fault.textContent = '';
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    const [{ items }, { groups }] = found;
    const measures = new Map(groups.find(group => group.name === 'queue').things.map(thing => [thing.name, thing.measure]));
    const key = JSON.stringify([items, [...measures]]);
    if (stopped.aborted || key === last || queues.contains(document.activeElement)) return;
    last = key;
    const away = items.find(queue => queue.fault);
    if (away) fault.textContent = `Redis does not say how full the queues are: ${away.fault}`;
    const depth = name => queue => queue.depth && (queue.depth[name] || '');
    queues.replaceChildren(table([
      { title: 'Queue', of: queue => make('a', { href: `#queues/${encodeURIComponent(queue.name)}` }, queue.name) },
      { title: 'Lately', of: queue => { const live = chart(); live.show(measures.get(queue.name) || { what: 'messages', unit: '', points: [] }); return live.node; } },
      { title: 'Ready', of: depth('ready'), number: true },
      { title: 'In flight', of: depth('in_flight'), number: true },
      { title: 'Delayed', of: depth('delayed'), number: true },
      { title: 'Oldest', of: queue => queue.depth && queue.depth.oldest_ms ? duration(queue.depth.oldest_ms) : '', number: true },
      { title: 'Dead', of: queue => queue.depth && queue.depth.dead ? make('a', { class: 'state down', href: `#queues/${encodeURIComponent(queue.name)}` }, count(queue.depth.dead)) : '', number: true },
      { title: 'Done', of: queue => queue.poller && count(queue.poller.status.succeeded), number: true },
      { title: 'Tried again', of: queue => queue.poller && count(queue.poller.status.retried), number: true },
      { title: 'Goes to', of: queue => queue.poller ? make('a', { href: `#functions/${encodeURIComponent(queue.poller.function)}` }, queue.poller.function) : 'the realtime node' },
    ], items, { caption: 'Queues' }));
  });
}
