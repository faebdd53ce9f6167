// The events of an execution, the newest first, some at a time: there may be 25,000.

import { make } from './dom.js';
import { details, kindOf, parsed } from './journal.js';
import { pages } from './sfn.js';

const SHOWN = 100;
const SAID_CHARS = 120;
const FAILED = /Failed$|TimedOut$|Aborted$/;

/** The list. `choose(name)` is called when a state of an event is chosen. */
export function eventList({ journal, choose }) {
  const body = make('tbody');
  const head = make('thead', {}, make('tr', {}, ['', 'After', 'Event', 'State', 'With'].map(title => make('th', { scope: 'col' }, title))));
  const more = make('button', { type: 'button', class: 'quiet small' }, 'Earlier ones');
  const all = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'Those of all states');
  const count = make('span', { class: 'soft', role: 'status' });
  let name = null;
  let shown = SHOWN;

  const wanted = event => name === null || journal.stateOf(event) === name;
  function draw() {
    const found = journal.events.filter(wanted);
    body.replaceChildren(...found.slice(-shown).reverse().map(row));
    tell(found.length);
  }
  function tell(found) {
    more.hidden = found <= shown;
    all.hidden = name === null;
    count.textContent = name === null ? `${found} events` : `${found} events of ${name}`;
  }
  more.onclick = () => { shown += SHOWN; draw(); };
  all.onclick = () => choose(null);

  function row(event) {
    const state = journal.stateOf(event);
    const said = details(event);
    const began = journal.events[0].timestamp;
    return make('tr', {}, make('th', { scope: 'row' }, event.id), make('td', { class: 'number' }, `${(event.timestamp - began).toFixed(3)} s`),
      make('td', { class: FAILED.test(event.type) ? 'down' : null }, event.type),
      make('td', {}, state === null ? '' : make('button', { type: 'button', class: 'link', onclick: () => choose(state) }, state)),
      make('td', { class: 'wrap' }, whole(event, said)));
  }
  return {
    root: make('div', { class: 'stack' }, make('div', { class: 'buttons' }, count, all),
      make('div', { class: 'scroll events', tabIndex: 0, role: 'group', 'aria-label': 'Events' }, make('table', {}, head, body)), make('div', { class: 'buttons' }, more)),
    /** Only those of one state; of all with null. */
    only: wantedName => { name = wantedName; shown = SHOWN; draw(); },
    /** New ones come to the top; what somebody has opened stays. */
    add: fresh => {
      const rows = fresh.filter(wanted).slice(-shown).reverse().map(row);
      body.prepend(...rows);
      while (body.childElementCount > shown) body.lastChild.remove();
      tell(journal.events.filter(wanted).length);
    },
  };
}

/** What an event says, in a line that opens. */
function whole(event, said) {
  const keys = Object.keys(said).filter(key => !key.endsWith('Details'));
  if (!keys.length) return '';
  const link = links(said);
  const open = make('details', {}, make('summary', {}, line(said, keys).slice(0, SAID_CHARS)));
  // Drawn when it is opened: most are not.
  open.ontoggle = () => {
    if (open.open && open.childElementCount === 1) {
      const shown = Object.fromEntries(keys.map(key => [key, typeof said[key] === 'string' ? parsed(said[key]) : said[key]]));
      open.append(make('pre', { tabIndex: 0 }, JSON.stringify(shown, null, 2)));
    }
  };
  return [open, link];
}

function line(said, keys) {
  if (said.error || said.cause) return [said.error, said.cause].filter(Boolean).join(': ');
  if (said.index !== undefined) return `item ${said.index}`;
  const called = said.resourceType && said.resource ? `${said.resourceType}:${said.resource}` : '';
  const value = said.output ?? said.parameters ?? said.input;
  return [called, value ?? (called ? '' : keys.map(key => JSON.stringify(said[key])).join(' '))].filter(Boolean).join(' ');
}

function links(said) {
  if (kindOf(said.mapRunArn) === 'mapRun') return make('a', { href: pages.run(said.mapRunArn) }, 'the map run');
  const output = said.output === undefined ? null : parsed(said.output);
  const arn = output && (output.ExecutionArn || output.executionArn);
  return kindOf(arn) === 'execution' ? make('a', { href: pages.execution(arn) }, 'the execution') : null;
}
