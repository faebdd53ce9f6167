// The state machines of the tenant.

import { ago } from './ago.js';
import { make, section, table } from './dom.js';
import { date, pages, sfn } from './sfn.js';

const PAGE = 100;

export async function open(root, stopped) {
  const list = make('div');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  root.append(section('State machines', make('div', { class: 'buttons' }, make('a', { class: 'button', href: '#workflows/new' }, 'New workflow')), fault, list, more));
  const machines = [];
  let nextToken;

  async function next() {
    more.disabled = true;
    try {
      const page = await sfn('ListStateMachines', { maxResults: PAGE, ...(nextToken ? { nextToken } : {}) });
      if (stopped.aborted) return;
      machines.push(...page.stateMachines);
      nextToken = page.nextToken;
      draw();
    } catch (error) {
      fault.textContent = error.status === 404 ? 'This platform runs no workflows: nothing answers /v1/states.' : error.message;
    }
    more.disabled = false;
    more.hidden = !nextToken;
  }
  more.onclick = next;

  function draw() {
    list.replaceChildren(table([
      { title: 'Name', of: one => make('a', { href: pages.machine(one.name) }, one.name), wrap: true },
      { title: 'Type', of: one => one.type === 'EXPRESS' ? 'Express' : 'Standard' },
      { title: 'Made', of: one => ago(date(one.creationDate)) },
      { title: '', of: one => make('a', { href: `#workflows/executions/${encodeURIComponent(one.name)}` }, 'Executions') },
    ], machines, { empty: 'none yet: make the first one', caption: 'State machines' }));
  }
  await next();
}
