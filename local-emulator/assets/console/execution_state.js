// One state of an execution: what it was given and answered each time that it was entered, and, where it waits for a task
// token, a way to answer.

import { freshId, make, span, pretty } from './dom.js';
import { parsed } from './journal.js';
import { nameOf, pages, sfn } from './sfn.js';

const VISITS_SHOWN = 5;
const LOOKS = { succeeded: 'up', failed: 'down', caught: 'starting', running: 'starting', waiting: 'starting', aborted: 'soft' };
/** The shortest text that is taken for a token, in characters. */
const TOKEN_CHARS_MIN = 16;
const DEPTH_MAX = 12;
/** Longer values are shown when they are opened, in characters. */
const OPEN_CHARS_MAX = 2000;

/** The panel. `nodes`: the graph's states by name; `changed()` is called when an answer was sent. */
export function statePanel({ journal, nodes, changed }) {
  const place = make('div', { class: 'stack' });
  const heading = make('h2', { id: freshId() }, 'State');
  const root = make('section', { class: 'state-panel', 'aria-labelledby': heading.id, 'aria-live': 'polite' }, heading, place);
  let name = null;
  let shown = VISITS_SHOWN;
  let drawn = '';

  function draw() {
    if (name === null) {
      heading.textContent = 'State';
      place.replaceChildren(make('p', { class: 'soft' }, 'Choose a state in the graph.'));
      return;
    }
    const visits = journal.byName.get(name) || [];
    // Drawn again only where something is new: somebody may be reading it, or answering.
    const key = JSON.stringify([name, shown, visits.length, visits.slice(-shown).map(visit => [visit.status, visit.waits, visit.events.length, visit.items])]);
    if (key === drawn) return;
    drawn = key;
    const node = nodes.get(name);
    heading.textContent = name;
    const latest = visits.slice(-shown).reverse();
    place.replaceChildren(...[
      make('p', { class: 'soft' }, [node && node.type, node && node.note].filter(Boolean).join(': ')),
      visits.length ? null : make('p', { class: 'soft' }, 'It has not been entered.'),
      latest.map((visit, at) => view(visit, visits.length - at, visits.length > 1, changed)),
      visits.length > shown ? make('button', { type: 'button', class: 'quiet small', onclick: more }, `Earlier ones (${visits.length - shown})`) : null,
      node && make('details', {}, make('summary', {}, 'Its definition'), make('pre', { tabIndex: 0 }, JSON.stringify(node.state, null, 2))),
    ].flat().filter(Boolean));
  }
  const more = () => { shown += VISITS_SHOWN; draw(); };
  draw();
  return { root, draw, choose: wanted => { name = wanted; shown = VISITS_SHOWN; drawn = ''; draw(); } };
}

function view(visit, number, many, changed) {
  const part = (title, text) => text === undefined || text === null ? null
    : make('details', { open: text.length < OPEN_CHARS_MAX }, make('summary', {}, title), make('pre', { tabIndex: 0 }, pretty(text)));
  const values = visit.assigned && Object.fromEntries(Object.entries(visit.assigned).map(([name, value]) => [name, parsed(value)]));
  const status = visit.status === 'running' && visit.waits ? 'waiting' : visit.status;
  const took = visit.exited ? `after ${span((visit.exited - visit.entered) * 1000)}` : `since ${new Date(visit.entered * 1000).toLocaleTimeString()}`;
  const token = status === 'waiting' && visit.type === 'Task' ? tokenOf(visit) : null;
  return make('div', { class: 'visit stack' },
    make('p', {}, many ? `Visit ${number}: ` : '', make('b', { class: LOOKS[status] }, status), ` ${took}`, Number.isInteger(visit.item) ? `, item ${visit.item}` : ''),
    visit.fault && visit.status !== 'succeeded' ? make('p', { class: 'fault' }, [visit.fault.error, visit.fault.cause].filter(Boolean).join(': ') || 'it failed') : null,
    token !== null ? answering(token, changed) : null,
    visit.items ? make('p', {}, `${visit.items.started} of ${visit.items.total} items begun, ${visit.items.succeeded} done, ${visit.items.failed} failed`) : null,
    visit.mapRun ? make('p', {}, make('a', { href: pages.run(visit.mapRun) }, 'Its map run')) : null,
    visit.children.map(arn => make('p', {}, 'Started ', make('a', { href: pages.execution(arn) }, nameOf(arn)))),
    part('Input', visit.input), part('Called with', visit.attempts.at(-1) && visit.attempts.at(-1).with), part('Output', visit.output),
    values ? part('Variables', JSON.stringify(values)) : null,
    visit.attempts.length > 1 ? make('ol', {}, visit.attempts.map(attempt =>
      make('li', {}, attempt.outcome || 'running', attempt.ended ? ` after ${span((attempt.ended - attempt.at) * 1000)}` : ''))) : null);
}

/** The token that a task was called with: what stands under a name that speaks of one; empty where it is not to be seen. */
function tokenOf(visit) {
  const attempt = visit.attempts.at(-1);
  const find = (value, depth) => {
    if (value === null || typeof value !== 'object' || depth > DEPTH_MAX) return null;
    for (const [key, each] of Object.entries(value)) {
      if (/token/i.test(key) && typeof each === 'string' && each.length >= TOKEN_CHARS_MIN) return each;
      const within = find(typeof each === 'string' ? parsed(each) : each, depth + 1);
      if (within) return within;
    }
    return null;
  };
  return (attempt && find(parsed(attempt.with), 0)) || '';
}

/** A form that completes the task. */
function answering(found, changed) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const token = make('input', { class: 'code', value: found, autocomplete: 'off', spellcheck: false, placeholder: 'the task token' });
  const output = make('textarea', { class: 'code', rows: 3, spellcheck: false, value: '{"approved": true}' });
  const error = make('input', { autocomplete: 'off', placeholder: 'error, for a failure' });
  const act = (operation, input) => async event => {
    fault.textContent = '';
    event.target.disabled = true;
    try {
      await sfn(operation, { taskToken: token.value.trim(), ...input() });
      changed();
    } catch (refusal) {
      fault.textContent = refusal.message;
    }
    event.target.disabled = false;
  };
  const button = (text, look, operation, input) => make('button', { type: 'button', class: look, onclick: act(operation, input) }, text);
  return make('fieldset', { class: 'stack' }, make('legend', {}, 'It waits for its token'),
    make('label', {}, 'Task token', token), make('label', {}, 'Output', output), make('label', {}, 'Error', error),
    make('div', { class: 'buttons' },
      button('Succeed', 'small', 'SendTaskSuccess', () => ({ output: output.value })),
      button('Fail', 'quiet small', 'SendTaskFailure', () => (error.value.trim() ? { error: error.value.trim() } : {})),
      button('Heartbeat', 'quiet small', 'SendTaskHeartbeat', () => ({}))), fault);
}
