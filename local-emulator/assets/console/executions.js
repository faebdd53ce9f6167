// Executions of the whole tenant, searched; many of them stopped or redriven at once.

import { ago } from './ago.js';
import { api } from './api.js';
import { boxes, carefully, choice, count, field, make, section, showFaults, clearFaults, span, table, tick } from './dom.js';
import { parsed } from './journal.js';
import { colour, date, listed, machineOf, nameOf, pages } from './sfn.js';

const PAGE = 50;
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
/** State machines that the choice offers. */
const MACHINES_MAX = 1000;
/** How many one action takes: as many as the API does at once. */
const ACTED_MAX = 1000;
/** How often a request is sent again for what it left. */
const TURNS_MAX = 100;
/** The API counts no further. */
const COUNTED_MAX = 1000;
const FAILURES_SHOWN = 5;

export async function open(root, stopped, machineName) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const machine = choice([['', 'all']], '');
  const name = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'what it begins with' });
  const by = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'anybody' });
  const from = make('input', { type: 'datetime-local' });
  const to = make('input', { type: 'datetime-local' });
  const attributes = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'customer=ada, priority=3' });
  const statuses = STATUSES.map(status => tick(status, false, { value: status }));
  const counts = make('p', { class: 'soft', role: 'status' });
  const list = make('div');
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  const all = tick('all that are shown', false);
  const cause = make('input', { autocomplete: 'off', placeholder: 'why, for the history', 'aria-label': 'Why' });
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('State machine', machine, 'machine'), field('Name', name, 'name'), field('Started by', by, 'started_by')),
    make('div', { class: 'row fields' }, field('Started from', from, 'from'), field('Until', to, 'to'), make('div', { class: 'grow' }, field('Search attributes', attributes, 'attributes'))),
    boxes('Status', statuses, 'status'), make('div', { class: 'buttons' }, make('button', {}, 'Search')), fault);
  const scope = choice([['chosen', 'the chosen ones'], ['query', 'all that fit the search']], 'chosen', { 'aria-label': 'Which' });
  const acting = make('div', { class: 'buttons acting' }, all, scope,
    carefully('Stop', 'Really stop them?', () => act('stop')), carefully('Redrive', 'Really redrive them?', () => act('redrive')), cause);
  root.append(section('Executions', form, counts, acting, list, more, note));

  let found = [];
  let cursor = null;
  const chosen = new Set();

  /** What is asked for. */
  function filter() {
    const wanted = { attributes: {} };
    const set = (key, value) => { if (value) wanted[key] = value; };
    set('machine', machine.value);
    set('name', name.value.trim());
    set('started_by', by.value.trim());
    wanted.status = statuses.map(box => box.input).filter(input => input.checked).map(input => input.value);
    for (const [key, input] of [['from', from], ['to', to]]) if (input.value) set(key, new Date(input.value).toISOString());
    for (const pair of attributes.value.split(',').map(each => each.trim()).filter(Boolean)) {
      const [key, ...value] = pair.split('=');
      wanted.attributes[key.trim()] = value.join('=').trim();
    }
    return wanted;
  }
  /** The same as the parameters of an address. */
  function parameters() {
    const { attributes: named, status, ...plain } = filter();
    return new URLSearchParams([...Object.entries(plain), ...status.map(each => ['status', each]),
      ...Object.entries(named).map(([key, value]) => [`attribute.${key}`, value])]);
  }
  /** The same as a part of a request's body, where numbers are numbers. */
  function body() {
    const wanted = filter();
    const typed = value => { const read = parsed(value); return ['number', 'boolean', 'string'].includes(typeof read) ? read : value; };
    return { ...wanted, attributes: Object.fromEntries(Object.entries(wanted.attributes).map(([key, value]) => [key, typed(value)])) };
  }
  /** Fields are named with where they stood in the request. */
  const plain = error => { error.fields = error.fields.map(one => ({ ...one, field: one.field.replace(/^query[:.]/, '') })); return error; };

  let turn = 0;
  async function search(next) {
    const mine = ++turn;
    const wanted = parameters();
    wanted.set('limit', PAGE);
    if (next) wanted.set('cursor', cursor);
    else wanted.set('counts', 'true');
    clearFaults(form, fault);
    try {
      const page = await api(`/v1/executions?${wanted}`);
      // An answer to what was asked before comes too late.
      if (mine !== turn || stopped.aborted) return;
      found = next ? [...found, ...page.executions] : page.executions;
      cursor = page.next_cursor || null;
      if (!next) {
        chosen.clear();
        counts.textContent = told(page.counts);
      }
      draw();
    } catch (error) {
      if (mine !== turn) return;
      showFaults(form, fault, plain(error));
    }
    more.hidden = !cursor;
  }

  function draw() {
    all.input.checked = found.length > 0 && found.every(one => chosen.has(one.arn));
    list.replaceChildren(table([
      { title: '', of: one => make('input', { type: 'checkbox', checked: chosen.has(one.arn), 'aria-label': `choose ${one.name}`, onchange: event => choose(one, event.target.checked) }) },
      { title: 'Name', of: one => make('a', { href: pages.execution(one.arn) }, one.name), wrap: true },
      { title: 'Of', of: one => make('a', { href: pages.machine(machineOf(one.arn)) }, machineOf(one.arn)) },
      { title: 'Status', of: one => make('span', { class: colour(one.status) }, one.status) },
      { title: 'Started', of: one => ago(date(one.started_at)) },
      { title: 'Took', of: one => one.stopped_at ? span(date(one.stopped_at) - date(one.started_at)) : '', number: true },
      { title: 'By', of: one => one.started_by },
      { title: 'Attributes', of: one => Object.entries(one.attributes || {}).map(([key, value]) => `${key}=${value}`).join(', '), wrap: true },
      { title: 'Redriven', of: one => one.redrive_count || '', number: true },
    ], found, { empty: 'none', caption: 'Executions' }));
    acting.hidden = found.length === 0;
  }
  function choose(one, wanted) {
    if (wanted) chosen.add(one.arn);
    else chosen.delete(one.arn);
  }
  all.input.onchange = () => {
    for (const one of found) choose(one, all.input.checked);
    draw();
  };
  more.onclick = () => search(true);
  form.onsubmit = event => { event.preventDefault(); note.textContent = ''; search(false); };

  async function act(action) {
    clearFaults(form, fault);
    note.textContent = '';
    const which = scope.value === 'chosen' ? { arns: [...chosen].slice(0, ACTED_MAX) } : { query: body() };
    if (which.arns && !which.arns.length) { fault.textContent = 'None is chosen.'; return; }
    const wanted = { action, ...which, ...(action === 'stop' && cause.value.trim() ? { cause: cause.value.trim() } : {}) };
    const key = crypto.randomUUID();
    let done = 0;
    let all = 0;
    const refused = [];
    try {
      for (let turn = 0; turn < TURNS_MAX; turn += 1) {
        const answer = await api('/v1/executions/actions', { method: 'POST', json: wanted, headers: { 'idempotency-key': key } });
        done += answer.done;
        all += answer.results.length;
        refused.push(...answer.results.filter(one => !one.done));
        note.textContent = `${count(done)} of ${count(all)} ${action === 'stop' ? 'stopped' : 'redriven'}${answer.more ? ', going on' : ''}`;
        // The same request goes on with what is left, as long as anything of it can be done.
        if (!answer.more || answer.done === 0 || stopped.aborted) break;
      }
      await search(false);
      fault.textContent = refused.slice(0, FAILURES_SHOWN).map(one => `${nameOf(one.arn)}: ${one.message}`).join('; ');
    } catch (error) {
      showFaults(form, fault, plain(error));
    }
  }

  acting.hidden = true;
  try {
    const machines = await listed('ListStateMachines', 'stateMachines', { maxResults: MACHINES_MAX }, MACHINES_MAX);
    if (stopped.aborted) return;
    machine.append(...machines.filter(one => one.type !== 'EXPRESS').map(one => make('option', { value: one.stateMachineArn }, one.name)));
    const wanted = machines.find(one => one.name === machineName);
    if (wanted) machine.value = wanted.stateMachineArn;
  } catch { /* All, then. */ }
  await search(false);
}

/** How many there are in which status. */
function told(counts) {
  if (!counts) return '';
  const many = value => value >= COUNTED_MAX ? `${count(COUNTED_MAX)} or more` : count(value);
  const said = Object.entries(counts).filter(([, value]) => value > 0).map(([status, value]) => `${many(value)} ${status.toLowerCase().replace('_', ' ')}`);
  return said.join(', ') || 'none';
}
