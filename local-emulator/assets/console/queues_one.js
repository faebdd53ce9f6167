// One queue: how full it is, who takes from it, its dead letters, and a message by hand.

import { ago } from './ago.js';
import { emulator, identity, poll } from './api.js';
import { carefully, count, duration, figure, make, section, span, table } from './dom.js';

const EVERY = 1500;

/** What a dead letter is about, read from its body. */
export function about(letter) {
  try {
    const { kind, key, tenant, traceparent } = JSON.parse(letter.body);
    return { kind, key, tenant, traceparent };
  } catch {
    return { kind: '(no message)', key: '', tenant: '' };
  }
}

/** The way to the trace that a message is of, by its `traceparent`. */
export function traced(traceparent) {
  const trace = typeof traceparent === 'string' && traceparent.split('-')[1];
  return trace ? make('a', { href: `#traces/${encodeURIComponent(trace)}`, title: trace }, 'its trace') : '';
}

export function open(root, stopped, name) {
  const letters = `/_octavo/dead/${encodeURIComponent(name)}`;
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const figures = make('div', { class: 'grid figures' });
  const from = make('div');
  const dead = make('div');
  const act = async (path, method, said) => {
    let done = '';
    fault.textContent = note.textContent = '';
    try {
      done = said(await emulator(path, { method, json: method === 'POST' ? {} : undefined }));
    } catch (error) {
      fault.textContent = error.message;
    }
    // Said beside the list that it led to: who reads it and presses the next button means what is shown now.
    await load();
    note.textContent = done;
  };
  const more = answer => answer.more ? '; there are more' : '';
  const redrive = make('button', { type: 'button', class: 'quiet small', onclick: () => act(`${letters}/redrive`, 'POST', answer => `${count(answer.redriven)} put back${more(answer)}`) }, 'Put all back');
  const forget = carefully('Throw all away', 'Really throw all away?', () => act(letters, 'DELETE', answer => `${count(answer.deleted)} thrown away${more(answer)}`));
  const all = make('div', { class: 'buttons apart' }, redrive, forget);
  root.append(make('div', { class: 'opened' }, make('p', {}, make('a', { href: '#queues' }, 'All queues'))), section(name, figures, from),
    section('Dead letters', fault, note, dead, all), section('A message by hand', byHand(name)));

  let drawn = '';
  let turn = 0;
  async function load() {
    const mine = ++turn;
    let found;
    try {
      found = await Promise.all([emulator('/_octavo/queues'), emulator(letters)]);
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    // What was asked before something was done may be answered after it.
    if (mine !== turn) return;
    const [{ items: queues }, { items }] = found;
    const queue = queues.find(one => one.name === name);
    if (stopped.aborted) return;
    if (!queue) { fault.textContent = 'There is no such queue.'; return; }
    const depth = queue.depth || { ready: 0, in_flight: 0, delayed: 0, dead: 0, oldest_ms: null };
    figures.replaceChildren(...[figure('Ready', count(depth.ready), depth.oldest_ms ? `the oldest for ${duration(depth.oldest_ms)}` : 'nobody waits'), figure('In flight', count(depth.in_flight), 'taken, not done'),
      figure('Delayed', count(depth.delayed), 'wait for another try'), figure('Dead', count(depth.dead), 'failed for good'),
      queue.poller && figure('Done', count(queue.poller.status.succeeded), `${count(queue.poller.status.retried)} tried again`)].filter(Boolean));
    from.replaceChildren(taken(queue));
    all.hidden = !items.length;
    const key = JSON.stringify(items.map(one => one.id));
    if (key === drawn || dead.contains(document.activeElement)) return;
    drawn = key;
    dead.replaceChildren(items.length ? table([
      { title: 'Died', of: one => make('a', { href: `#queues/${encodeURIComponent(name)}/${encodeURIComponent(one.id)}` }, ago(one.buried_at)) },
      { title: 'Kind', of: one => about(one).kind },
      { title: 'Key', of: one => about(one).key, wrap: true },
      { title: 'Tenant', of: one => about(one).tenant },
      { title: 'Tries', of: one => one.receive_count, number: true },
      { title: 'Last error', of: one => one.failures.length ? one.failures.at(-1).error : '', wrap: true },
    ], items, { caption: 'Dead letters' }) : make('div', { class: 'nothing' }, make('b', {}, 'No dead letters'), make('p', {}, 'What fails for good would be here, with every error that it met.')));
  }
  poll(stopped, EVERY, load);
}

function taken(queue) {
  if (!queue.poller) return make('p', { class: 'soft' }, 'The realtime node takes from it.');
  const { status, ...poller } = queue.poller;
  return make('p', { class: 'soft' }, make('a', { href: `#functions/${encodeURIComponent(poller.function)}` }, poller.function), ` takes up to ${poller.batch_size} at a time, in ${poller.concurrency} ${poller.concurrency === 1 ? 'invocation' : 'invocations'} at once; a message has ${poller.max_receive_count} tries, and comes back after ${span(poller.visibility_ms)} if nobody says what became of it.`,
    status.retried ? [' ', make('a', { href: `#functions/${encodeURIComponent(poller.function)}?failed` }, 'Why messages were tried again'), '.'] : null,
    status.last_error ? make('span', { class: 'fault' }, ' Last trouble, ', ago(status.last_error.at), `: ${status.last_error.error}`) : null);
}

function byHand(name) {
  const tenant = make('input', { value: identity.tenant, autocomplete: 'off', spellcheck: false, required: true });
  const kind = make('input', { placeholder: 'document.changed', autocomplete: 'off', spellcheck: false, required: true });
  const key = make('input', { placeholder: 'what it is about', autocomplete: 'off', spellcheck: false });
  const body = make('textarea', { class: 'code', rows: 4, spellcheck: false, value: '{}' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const form = make('form', { class: 'stack' }, make('div', { class: 'row' }, make('label', {}, 'Tenant', tenant), make('label', {}, 'Kind', kind), make('label', {}, 'Key', key)),
    make('label', {}, 'Body, as JSON', body), make('div', { class: 'buttons' }, make('button', {}, 'Send the message')), fault, note);
  form.onsubmit = async event => {
    event.preventDefault();
    fault.textContent = '';
    note.textContent = '';
    let json;
    try { json = JSON.parse(body.value); } catch (error) { fault.textContent = `The body is no JSON: ${error.message}`; return; }
    try {
      const { id } = await emulator(`/_octavo/queues/${encodeURIComponent(name)}/messages`, { method: 'POST', json: { tenant: tenant.value.trim(), kind: kind.value.trim(), key: key.value.trim(), body: json } });
      note.textContent = `Sent as ${id}.`;
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  return make('details', {}, make('summary', {}, `Write a message for ${name}`), form);
}
