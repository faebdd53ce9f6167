// One function: how it is, its sandboxes, an event by hand, its invocations.

import { emulator, poll } from './api.js';
import { carefully, count, duration, figure, make, section, span, table } from './dom.js';
import { state } from './functions.js';
import { invocations, link } from './functions_list.js';

const EVERY = 1500;
const ROUTES_SHOWN = 6;
const SAMPLE = { version: '2.0', routeKey: 'GET /v1/documents', rawPath: '/v1/documents', rawQueryString: '', headers: { authorization: 'Bearer TOKEN' }, requestContext: { http: { method: 'GET', path: '/v1/documents', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'console' }, requestId: 'by-hand', stage: '$default', timeEpoch: 0 }, isBase64Encoded: false };

export function open(root, stopped, name, failed) {
  const path = `/_octavo/functions/${encodeURIComponent(name)}`;
  const fault = make('p', { class: 'fault', role: 'alert' });
  const about = make('div');
  const figures = make('div', { class: 'grid figures' });
  const sandboxes = make('div');
  const freeze = make('button', { type: 'button', class: 'quiet small', disabled: true }, 'Freeze');
  const act = async (what, json) => {
    try {
      fault.textContent = '';
      await emulator(`${path}/${what}`, { method: 'POST', json: json || {} });
    } catch (error) {
      fault.textContent = error.message;
    }
    await load();
  };
  const kill = carefully('Kill its sandboxes', 'Really kill them?', () => act('kill'));
  root.append(make('div', { class: 'opened' }, make('p', {}, make('a', { href: '#functions' }, 'All functions')), make('div', { class: 'buttons' }, freeze, kill)),
    section(name, about, fault, figures), section('Sandboxes', sandboxes),
    section('Its invocations', invocations(stopped, { function: name, failed })), section('An event by hand', byHand(name, path)));

  let drawn = '';
  // Made once: whoever has opened it finds it open.
  let drawnRoutes = null;
  let turn = 0;
  async function load() {
    const mine = ++turn;
    let found;
    try {
      found = await emulator(path);
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    // An answer from before it was frozen would offer to freeze it again.
    if (stopped.aborted || mine !== turn) return;
    const { status, sandboxes: all } = found;
    const [word, look] = state(status);
    freeze.disabled = false;
    freeze.textContent = status.frozen ? 'Thaw' : 'Freeze';
    freeze.className = status.frozen ? 'small' : 'quiet small';
    freeze.onclick = () => act(status.frozen ? 'thaw' : 'freeze');
    about.replaceChildren(...[make('p', {}, make('b', { class: `state ${look}` }, word),
      status.frozen ? ` Its sandboxes get no work: ${status.waiting ? `${status.waiting} ${status.waiting === 1 ? 'request waits' : 'requests wait'}` : 'what is asked waits'}, each for ${span(status.timeout_ms)} at most.` : ''),
    status.last_error && make('p', { class: 'fault' }, status.last_error), drawnRoutes || (drawnRoutes = routes(status.routes))].filter(Boolean));
    figures.replaceChildren(
      figure('Invocations', count(status.invocations), `${count(status.errors)} failed, ${count(status.throttles)} refused`),
      figure('Half within', duration(status.p50_ms), 'of the last 256'), figure('95% within', duration(status.p95_ms), `limit ${span(status.timeout_ms)}`),
      figure('Waiting', count(status.waiting), `${count(status.running)} running`), figure('Cold starts', count(status.cold_starts), 'sandboxes that got ready'),
      figure('Memory', `${count(status.memory_mb)} MB`, `${count(status.memory_limit_mb)} MB a sandbox`));
    const key = JSON.stringify(all.map(one => [one.id, one.state, one.running, one.served, one.memory_mb]));
    if (key === drawn || sandboxes.contains(document.activeElement)) return;
    drawn = key;
    sandboxes.replaceChildren(table([
      { title: 'Process', of: one => one.process },
      { title: 'State', of: one => make('span', { class: `state ${one.state === 'ending' ? 'down' : one.state === 'starting' ? 'starting' : 'up'}` }, status.frozen && one.state === 'idle' ? 'idle, gets nothing' : one.state) },
      { title: 'Running', of: one => status.concurrency > 1 ? `${one.running} of ${status.concurrency}` : one.running, number: true },
      { title: 'Done', of: one => count(one.served - one.running), number: true },
      { title: 'Memory', of: one => `${count(one.memory_mb)} MB`, number: true },
      { title: 'Age', of: one => span(Math.floor(one.age_ms / 1000) * 1000), number: true },
      { title: '', of: one => carefully('Kill', 'Really?', () => act('kill', { sandbox: one.id })) },
    ], all, { caption: 'Sandboxes', empty: 'None runs: the next event starts one.' }));
  }
  poll(stopped, EVERY, load);
}

const routes = all => all.length ? make('details', {}, make('summary', { class: 'soft' }, all.length <= ROUTES_SHOWN ? all.join(', ') : `${all.slice(0, ROUTES_SHOWN).join(', ')} and ${all.length - ROUTES_SHOWN} more`),
  make('ul', {}, all.map(route => make('li', {}, make('code', {}, route))))) : make('p', { class: 'soft' }, 'It answers no path: a queue or a schedule invokes it.');

function byHand(name, path) {
  const text = make('textarea', { class: 'code', rows: 8, spellcheck: false, value: JSON.stringify(SAMPLE, null, 2) });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const send = make('button', {}, 'Send');
  const form = make('form', { class: 'stack' }, make('label', {}, 'The event, as JSON', text), make('div', { class: 'buttons' }, send), fault);
  form.onsubmit = async event => {
    event.preventDefault();
    fault.textContent = '';
    send.disabled = true;
    try {
      location.hash = link(await emulator(`${path}/invoke`, { method: 'POST', json: { event: text.value } }));
    } catch (error) {
      fault.textContent = error.message;
    } finally {
      send.disabled = false;
    }
  };
  return make('details', {}, make('summary', {}, `Write an event for ${name}`), form);
}
