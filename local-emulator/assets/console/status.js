// How everything is, and the search.

import { api, emulator, poll } from './api.js';
import { card, duration, highlighted, make, section, table } from './dom.js';

const ROUTES_SHOWN = 5;

/** The line at the top: on every page. */
export function watch() {
  poll({ aborted: false }, 3000, async () => {
    const line = document.getElementById('summary');
    try {
      const down = (await emulator('/_octavo/status')).engines.filter(engine => engine.state !== 'up');
      line.textContent = down.length ? `needs attention: ${down.map(engine => engine.name).join(', ')}` : 'everything is up';
    } catch (error) {
      line.textContent = `the emulator does not answer: ${error.message}`;
    }
  });
}

export function open(root, stopped) {
  const engines = make('div', { class: 'grid' });
  const functions = make('div', { class: 'grid' });
  const queues = make('div', { class: 'grid' });
  const invocations = make('div');
  const detail = make('div');
  let selected = null;

  const query = make('input', { type: 'search', name: 'q', autocomplete: 'off', placeholder: 'Search the documents that you may read' });
  const results = make('div', { 'aria-live': 'polite' });
  const form = make('form', { class: 'row', onsubmit: event => { event.preventDefault(); search(query.value, results); } },
    make('label', { class: 'grow' }, make('span', { class: 'hidden-label' }, 'Search the documents'), query), make('button', {}, 'Search'));

  root.append(section('Search', form, results), section('Engines', engines), section('Functions', functions), section('Queues', queues),
    section('Last invocations', invocations, detail));

  async function all() {
    const now = await emulator('/_octavo/status');
    engines.replaceChildren(...now.engines.map(one => card(one.name, one.state, one.state, [one.kind, one.address, one.detail])));
    functions.replaceChildren(...now.functions.map(one => card(one.name, one.last_error ? 'starting' : 'up', `${one.sandboxes} ${one.sandboxes === 1 ? 'sandbox' : 'sandboxes'}`,
      [`${one.invocations} invocations, ${one.errors} errors, ${one.cold_starts} cold starts`, one.memory_mb ? `${one.memory_mb} MB` : '', routes(one.routes), one.last_error])));
    queues.replaceChildren(...now.queues.map(queue => card(queue.name, queue.dead ? 'down' : 'up', queue.dead ? `${queue.dead} dead` : 'well',
      [`${queue.ready} ready, ${queue.in_flight} in flight, ${queue.delayed} delayed`, queue.oldest_ms ? `oldest ${duration(queue.oldest_ms)}` : ''])));
  }

  async function last() {
    const { items } = await emulator('/_octavo/invocations');
    // Somebody who walks through the rows by keyboard is not thrown out of them.
    if (invocations.contains(document.activeElement) && document.activeElement.tagName === 'BUTTON') return;
    invocations.replaceChildren(table([
      { title: 'When', of: one => new Date(one.at).toLocaleTimeString() },
      { title: 'Function', of: one => make('button', { type: 'button', class: 'link', onclick: () => show(one.request_id) }, one.function) },
      { title: 'What', of: one => one.what },
      { title: 'Result', of: one => make('span', { class: one.failed ? 'down' : '' }, one.result) },
      { title: 'ms', of: one => one.duration_ms.toFixed(1), number: true },
      { title: 'Start', of: one => one.cold ? 'cold' : 'warm' },
    ], items, { mark: one => one.request_id === selected && 'selected', caption: 'Last invocations' }));
  }

  async function show(id) {
    selected = id;
    const one = await emulator(`/_octavo/invocations/${encodeURIComponent(id)}`);
    const part = (name, text) => make('div', {}, make('h3', {}, name), make('pre', { tabIndex: 0 }, text || '(empty)'));
    detail.replaceChildren(make('h2', {}, `${one.function} ${one.request_id}`), make('div', { class: 'detail' },
      part('Event', pretty(one.event)), part(one.failed ? 'Error' : 'Response', pretty(one.response)), part('Log', one.log)));
    document.activeElement.blur();
    detail.scrollIntoView({ block: 'nearest' });
    await last();
  }

  poll(stopped, 1500, () => Promise.all([all(), last()]));
}

/** A function of many routes says the first ones and how many more there are. */
const routes = all => all.length <= ROUTES_SHOWN ? all.join('  ') : make('small', { title: all.join('\n') }, `${all.slice(0, ROUTES_SHOWN - 1).join('  ')} and ${all.length - ROUTES_SHOWN + 1} more`);

export const pretty = text => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };

async function search(text, results) {
  try {
    const started = performance.now();
    const answer = await api(`/v1/search?q=${encodeURIComponent(text)}`);
    const took = performance.now() - started;
    const hit = one => make('li', {}, make('strong', {}, one.title),
      ((one.highlights && one.highlights.text) || []).map(fragment => make('div', {}, make('small', {}, highlighted(fragment)))));
    results.replaceChildren(make('p', { class: 'soft' }, `${answer.total.value} found in ${took.toFixed(0)} ms`), make('ol', {}, answer.hits.map(hit)));
  } catch (error) {
    results.replaceChildren(make('p', { class: 'fault' }, error.message));
  }
}
