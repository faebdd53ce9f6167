// One trace as a waterfall: each piece a bar over time, below what it is a part of. Who does not see bars reads the same in words.

import { ago } from './ago.js';
import { emulator } from './api.js';
import { copier, count, figure, make, nothing, section } from './dom.js';
import { bounds, exact, placed } from './traces_bars.js';

const EVERY = 1000;
/** A trace in which nothing has happened for so long is looked at no more, in milliseconds: what retries would do is seen within. */
const QUIET = 30_000;
/** Parts of the whole that the line at the top names. */
const TICKS = 4;
/** Deeper than this nothing is moved to the right any more: there would be no room for words. */
const DEPTH_MAX = 6;

export function open(root, stopped, id) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const figures = make('div', { class: 'grid figures' });
  const box = make('div');
  const back = make('div', { class: 'opened' }, make('p', {}, make('a', { href: '#traces' }, 'All traces')));
  root.append(back, fault);
  let drawn = '';
  let changed = Date.now();

  async function load() {
    let trace;
    try {
      trace = await emulator(`/_octavo/traces/${encodeURIComponent(id)}`);
      fault.textContent = '';
    } catch (error) {
      if (drawn) return;
      root.replaceChildren(back, nothing('It is not there', `${error.message}. A trace is put together from the last two hundred invocations: an older one is gone.`));
      return;
    }
    if (stopped.aborted) return;
    const key = JSON.stringify(trace);
    // What goes on grows.
    if (key === drawn && !trace.underway) return;
    if (key !== drawn) changed = Date.now();
    const held = box.contains(document.activeElement) ? [...box.querySelectorAll('.span a')].indexOf(document.activeElement) : -1;
    if (!drawn) {
      root.append(section(trace.what, make('p', { class: 'named' }, make('code', {}, trace.id), ' ', copier(trace.id, 'Copy its name')), figures), section('What happened', box, legend()));
    }
    drawn = key;
    const messages = trace.spans.filter(span => span.kind === 'message').length;
    const failed = trace.spans.filter(span => span.failed).length;
    const cold = trace.spans.filter(span => span.cold).length;
    figures.replaceChildren(figure('Began', ago(trace.at)), figure('Took', trace.underway ? 'goes on…' : exact(trace.duration_ms), 'from the first to the last'),
      figure('Invocations', count(trace.invocations), trace.functions.join(', ')), figure('Messages', count(messages), 'through queues'),
      figure('Cold starts', count(cold), cold ? 'a sandbox was made' : 'all were warm'),
      figure('Failed', make('span', { class: failed ? 'down' : '' }, count(failed)), failed ? 'see below' : 'all went well'));
    box.replaceChildren(waterfall(trace));
    const again = held >= 0 && box.querySelectorAll('.span a')[held];
    if (again) again.focus();
  }

  const turn = async () => {
    if (stopped.aborted) return;
    if (!document.hidden) await load();
    if (!stopped.aborted && drawn && Date.now() - changed < QUIET) setTimeout(turn, EVERY);
  };
  return turn().then(() => undefined);
}

function waterfall(trace) {
  const { begins, ends } = bounds(trace.spans, Date.now());
  const ticks = Array.from({ length: TICKS + 1 }, (_, at) => make('span', {}, at ? exact((ends - begins) * at / TICKS) : '0'));
  const rows = make('ol', { class: 'spans', 'aria-label': 'The pieces of the trace, each after what it is a part of', onkeydown: walk }, trace.spans.map(span => row(span, begins, ends)));
  return make('div', { class: 'waterfall' }, make('div', { class: 'axis', 'aria-hidden': 'true' }, make('div', { class: 'ticks' }, ticks)), rows,
    trace.left_out ? make('p', { class: 'empty' }, `${count(trace.left_out)} more pieces are not shown.`) : null);
}

function row(span, begins, ends) {
  const at = placed(span, begins, ends);
  const beam = (name, share, left) => {
    const node = make('i', { class: name });
    node.style.left = `${left}%`;
    node.style.width = `${share}%`;
    return node;
  };
  const lane = make('span', { class: 'lane', 'aria-hidden': 'true' },
    span.wait_ms ? beam(`beam wait${span.cold ? ' cold' : ''}`, at.wait, at.left) : null, beam('beam run', at.run, at.left + at.wait));
  const who = make('span', { class: 'who' }, make('a', { href: leads(span) }, named(span)), ' ', make('small', {}, span.kind === 'request' ? 'at the gateway' : span.what), ' ', state(span),
    make('small', { class: 'hidden-label' }, `, part of ${span.depth} others, began after ${exact(at.from)}`));
  who.style.setProperty('--depth', Math.min(span.depth, DEPTH_MAX));
  const took = make('span', { class: 'took' }, span.duration_ms === null ? 'goes on…' : exact(span.duration_ms),
    span.wait_ms >= 1 ? make('small', {}, span.cold ? `start ${exact(span.wait_ms)}` : `waited ${exact(span.wait_ms)}`) : null);
  const node = make('li', { class: `span ${span.kind}${span.failed ? ' failed' : ''}${span.duration_ms === null ? ' open' : ''}` }, who, took, lane,
    span.fault ? make('p', { class: 'fault' }, span.fault) : null);
  return node;
}

const named = span => span.kind === 'request' ? span.what : span.kind === 'message' ? `queue ${span.name}` : span.name;

/** Where one sees more of it. The gateway's own page is the trace. */
function leads(span) {
  if (span.kind === 'call') return '#providers';
  if (span.kind === 'message') return `#queues/${encodeURIComponent(span.name)}`;
  if (span.kind === 'invocation') return `#functions/${encodeURIComponent(span.name)}${span.duration_ms === null ? '' : `/${encodeURIComponent(span.request_id)}`}`;
  return '#functions';
}

function state(span) {
  const words = [make('span', { class: `state ${span.failed ? 'down' : span.duration_ms === null ? 'starting' : 'up'}` }, span.result)];
  if (span.cold) words.push(' ', make('span', { class: 'state starting' }, 'cold start'));
  return words;
}

const legend = () => make('p', { class: 'legend waterfall-legend' }, ['request', 'message', 'cold', 'wait', 'run', 'call', 'failed'].map((name, at) =>
  make('span', { class: `is-${name}` }, ['at the gateway', 'in a queue', 'a sandbox starts', 'waits for a sandbox', 'runs', 'a provider answers', 'failed'][at])));

/** Up and down through the pieces, to the first and to the last. */
function walk(event) {
  const links = [...event.currentTarget.querySelectorAll('.span a')];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || to === undefined || !links[to]) return;
  event.preventDefault();
  links[to].focus();
}
