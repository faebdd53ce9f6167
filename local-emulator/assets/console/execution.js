// One execution: its graph lit up while it runs, what each state was given and answered, its events, and what can be done.

import { ago, by } from './ago.js';
import { poll } from './api.js';
import { carefully, commas, make, section, span, table, pretty } from './dom.js';
import { drawing } from './drawing.js';
import { eventList } from './execution_events.js';
import { statePanel } from './execution_state.js';
import { graph, walk } from './graph.js';
import { connection, keep } from './hub.js';
import { Journal } from './journal.js';
import { colour, date, machineOf, nameOf, pages, sfn } from './sfn.js';

const PAGE = 1000;
/** How many events are asked for when something was news. */
const PAGE_NEWS = 200;
/** Milliseconds between questions: where pushes come, only for the case that one was lost. */
const ASKED_EVERY = 1000;
const ASKED_EVERY_LIVE = 10_000;
const RUNS = ['RUNNING', 'PENDING_REDRIVE'];
/** Map runs that are asked for their counts at a time. */
const RUNS_ASKED = 5;

export async function open(root, stopped, arn) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const head = make('div');
  const picture = make('div', { class: 'picture' });
  const values = make('div', { class: 'detail' });
  const states = make('div');
  root.append(head, fault);
  let now;
  let definition;
  try {
    [now, definition] = await Promise.all([sfn('DescribeExecution', { executionArn: arn }), sfn('DescribeStateMachineForExecution', { executionArn: arn })]);
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  if (stopped.aborted) return;

  const list = graph(JSON.parse(definition.definition));
  const nodes = list ? new Map([...walk(list)].map(node => [node.name, node])) : new Map();
  const journal = new Journal(new Map([...nodes].map(([name, node]) => [name, node.scope])));
  const panel = statePanel({ journal, nodes, changed: () => refresh() });
  const events = eventList({ journal, choose });
  const drawn = list && drawing(list, { label: `Graph of ${nameOf(arn)}`, select: choose });
  if (drawn) picture.append(drawn.root);
  root.append(make('div', { class: 'execution' }, section('Graph', picture), panel.root), section('Input and output', values), section('States', states), section('Events', events.root));

  function choose(name) {
    if (drawn) drawn.choose(name);
    panel.choose(name);
    events.only(name);
  }

  // What is undefined is left out of what is sent.
  const history = input => sfn('GetExecutionHistory', { executionArn: arn, includeExecutionData: true, ...input });
  /** New events, oldest first. */
  async function news() {
    if (journal.last === 0) {
      let nextToken;
      do {
        const page = await history({ maxResults: PAGE, nextToken });
        if (stopped.aborted) return;
        take(page.events);
        ({ nextToken } = page);
      } while (nextToken);
      return;
    }
    const fresh = [];
    let nextToken;
    do {
      const page = await history({ maxResults: PAGE_NEWS, reverseOrder: true, nextToken });
      const unknown = page.events.filter(event => event.id > journal.last);
      fresh.push(...unknown);
      nextToken = unknown.length === page.events.length ? page.nextToken : null;
    } while (nextToken);
    if (fresh.length && !stopped.aborted) take(fresh.reverse());
  }

  function take(fresh) {
    journal.add(fresh);
    events.add(fresh);
    show();
  }

  /** How far the runs of distributed maps are: their own history does not tell. */
  async function runs() {
    const open = journal.running().slice(-RUNS_ASKED);
    for (const visit of open) {
      const run = await sfn('DescribeMapRun', { mapRunArn: visit.mapRun });
      journal.counts(visit, run.itemCounts, !RUNS.includes(run.status));
    }
    if (open.length && !stopped.aborted) show();
  }

  function show() {
    if (drawn) drawn.paint(journal);
    panel.draw();
    const focused = states.contains(document.activeElement) ? document.activeElement.textContent : null;
    states.replaceChildren(stateTable(journal, choose));
    // Who walks through the states by keyboard stays where they are.
    if (focused !== null) [...states.querySelectorAll('button')].find(button => button.textContent === focused)?.focus();
  }

  let busy = false;
  let again = false;
  /** What is new is asked for once at a time; what is told meanwhile, once more. */
  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      do {
        again = false;
        now = await sfn('DescribeExecution', { executionArn: arn });
        await news();
        await runs();
        if (stopped.aborted) return;
        draw();
        fault.textContent = '';
      } while (again);
    } catch (error) {
      if (!stopped.aborted) fault.textContent = error.message;
    } finally {
      busy = false;
    }
  }

  const elapsed = make('span');
  function tick() {
    const end = date(now.stopDate) || new Date();
    elapsed.textContent = span(end - date(now.startDate));
  }
  let shown = '';
  function draw() {
    tick();
    const key = JSON.stringify([now.status, now.redriveCount, now.stopDate, now.redriveStatus]);
    if (key === shown) return;
    shown = key;
    const act = (operation, input = {}) => async () => {
      try { await sfn(operation, { executionArn: arn, ...input }); } catch (error) { fault.textContent = error.message; }
      await refresh();
    };
    head.replaceChildren(...[
      make('div', { class: 'opened' }, make('h2', {}, now.name), make('div', { class: 'buttons' },
        RUNS.includes(now.status) ? carefully('Stop', 'Really stop it?', act('StopExecution', { error: 'Console.Stopped', cause: 'stopped on its page' })) : null,
        now.redriveStatus === 'REDRIVABLE' ? make('button', { type: 'button', class: 'small', onclick: act('RedriveExecution') }, 'Redrive from where it failed') : null,
      )),
      make('p', { class: 'facts-line' }, make('span', {}, make('span', { class: `state ${colour(now.status)}` }, now.status), ' after ', elapsed),
        make('span', { class: 'soft' }, 'of ', make('a', { href: pages.machine(machineOf(now.stateMachineArn).split('/')[0]) }, machineOf(now.stateMachineArn)),
          now.stateMachineAliasArn ? `, alias ${nameOf(now.stateMachineAliasArn)}` : '',
          now.stateMachineVersionArn ? `, version ${nameOf(now.stateMachineVersionArn)}` : ''),
        make('span', { class: 'soft' }, commas([by('started ', ago(date(now.startDate))), now.stopDate && by('ended ', ago(date(now.stopDate))),
          now.redriveCount > 0 && (now.redriveCount === 1 ? 'redriven once' : `redriven ${now.redriveCount} times`)])),
        now.mapRunArn ? make('a', { href: pages.run(now.mapRunArn) }, 'its map run') : null),
      now.error || now.cause ? make('p', { class: 'fault' }, [now.error, now.cause].filter(Boolean).join(': ')) : null,
      now.redriveStatus === 'NOT_REDRIVABLE' && !RUNS.includes(now.status) && now.status !== 'SUCCEEDED' ? make('p', { class: 'soft' }, now.redriveStatusReason || '') : null,
    ].filter(Boolean));
    const part = (title, text) => text === undefined ? null : make('div', {}, make('h3', {}, title), make('pre', { tabIndex: 0 }, pretty(text)));
    values.replaceChildren(...[part('Input', now.input), part('Output', now.output)].filter(Boolean));
  }

  draw();
  const ticking = setInterval(() => { if (RUNS.includes(now.status)) tick(); }, 1000);
  stopped.addEventListener('abort', () => clearInterval(ticking));
  let live = false;
  let asked = 0;
  await refresh();
  poll(stopped, ASKED_EVERY, async () => {
    if (!RUNS.includes(now.status) || (live && Date.now() - asked < ASKED_EVERY_LIVE)) return;
    asked = Date.now();
    await refresh();
  });
  const hub = await connection('notifications').catch(() => null);
  if (!hub || stopped.aborted) return;
  // Pushes go to who started it: only one that came says that others will.
  hub.on('execution', told => {
    if (told.arn !== arn) return;
    live = true;
    refresh();
  });
  await keep(hub, stopped, { ready: refresh, state: connected => { if (!connected) live = false; } });
}

/** The states that it has been in, for whoever reads rather than looks. */
function stateTable(journal, choose) {
  const looks = { succeeded: 'up', failed: 'down', caught: 'starting', running: 'starting', waiting: 'starting', aborted: 'soft' };
  const rows = [...journal.states].map(([name, state]) => ({ name, ...state, last: journal.byName.get(name).at(-1) }));
  return table([
    { title: 'State', of: row => make('button', { type: 'button', class: 'link', onclick: () => choose(row.name) }, row.name), wrap: true },
    { title: 'Type', of: row => row.last.type },
    { title: 'Status', of: row => make('span', { class: looks[row.status] }, row.status) },
    { title: 'Visits', of: row => row.visits, number: true },
    { title: 'Retries', of: row => row.retries || '', number: true },
    { title: 'Items', of: row => row.items ? `${row.items.succeeded} of ${row.items.total}` : '', number: true },
    { title: 'Last took', of: row => row.last.exited ? span((row.last.exited - row.last.entered) * 1000) : '', number: true },
  ], rows, { empty: 'none yet', caption: 'States' });
}
