// A place to try a hub: connect, invoke, see what it pushes. By the stock client, as an application would.

import { emulator, identity } from './api.js';
import { choice, freshId, make } from './dom.js';
import { connection, reason } from './hub.js';

const LINES_MAX = 200;
const KNOWN = ['notifications', 'collaboration', 'conformance'];

export function hubs(stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const hub = choice(KNOWN, KNOWN[0]);
  const transport = choice([['', 'the first that works'], 'WebSockets', ['ServerSentEvents', 'Server-Sent Events'], ['LongPolling', 'long polling']], '');
  const toggle = make('button', { type: 'button' }, 'Connect');
  const names = make('datalist', { id: freshId() });
  const method = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'UnreadCount', required: true, list: names.id });
  const values = make('textarea', { rows: 2, class: 'code', spellcheck: false, placeholder: '[]: a JSON array of arguments' });
  const about = make('p', { class: 'soft about', role: 'status' });
  const invoke = make('button', { disabled: true }, 'Invoke');
  const stream = make('button', { type: 'button', class: 'quiet', disabled: true }, 'Stream');
  const log = make('div', { class: 'log', role: 'log', tabIndex: 0, 'aria-label': 'What was sent and came' });
  const clear = make('button', { type: 'button', class: 'quiet small', onclick: () => log.replaceChildren() }, 'Clear');
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, make('label', {}, 'Method', method), make('label', { class: 'grow' }, 'Arguments', values)), names, about,
    make('div', { class: 'buttons' }, invoke, stream, clear), fault);
  let open = null;
  let documented = [];

  function line(kind, ...said) {
    const text = said.map(each => typeof each === 'string' ? each : JSON.stringify(each)).join(' ');
    log.append(make('p', { class: kind }, make('small', {}, new Date().toLocaleTimeString(), ' '), make('b', {}, kind), ' ', make('code', {}, text)));
    while (log.childElementCount > LINES_MAX) log.firstChild.remove();
    log.scrollTop = log.scrollHeight;
  }

  function now(connected) {
    toggle.textContent = connected ? 'Disconnect' : 'Connect';
    for (const button of [invoke, stream]) button.disabled = !connected;
    for (const input of [hub, transport]) input.disabled = connected;
  }

  async function connect() {
    const made = await connection(hub.value, { transport: transport.value || undefined, pushed: (target, all) => line('push', target, all) });
    made.onreconnecting(error => line('event', `away: ${reason(error)}`));
    made.onreconnected(() => line('event', 'back'));
    made.onclose(error => { line('event', error ? `closed: ${reason(error)}` : 'closed'); open = null; now(false); });
    await made.start();
    open = made;
    line('event', `connected to ${hub.value} as ${identity.user} of ${identity.tenant}, ${made.connectionId}`);
    now(true);
  }

  toggle.onclick = async () => {
    fault.textContent = '';
    toggle.disabled = true;
    try {
      if (open) await open.stop();
      else await connect();
    } catch (error) {
      fault.textContent = reason(error);
    }
    toggle.disabled = false;
  };
  stopped.addEventListener('abort', () => { if (open) open.stop(); });

  function wanted() {
    fault.textContent = '';
    try {
      const all = values.value.trim() ? JSON.parse(values.value) : [];
      if (!Array.isArray(all)) throw new Error('a JSON array is needed, like ["a", 1]');
      if (!method.value.trim()) throw new Error('which method?');
      line('sent', method.value, all);
      return all;
    } catch (error) {
      fault.textContent = `Arguments: ${error.message}`;
      return null;
    }
  }
  form.onsubmit = async event => {
    event.preventDefault();
    const all = open && wanted();
    if (!all) return;
    try {
      line('result', await open.invoke(method.value.trim(), ...all) ?? 'done');
    } catch (error) {
      line('error', reason(error));
    }
  };
  stream.onclick = () => {
    const all = open && wanted();
    if (!all) return;
    open.stream(method.value.trim(), ...all).subscribe({ next: item => line('item', item), complete: () => line('result', 'the stream ended'), error: error => line('error', reason(error)) });
  };

  const describe = () => {
    const found = documented.find(one => one.name === hub.value);
    names.replaceChildren(...((found && found.methods) || []).map(one => make('option', { value: one.name })));
    const one = found && found.methods.find(each => each.name.toLowerCase() === method.value.trim().toLowerCase());
    about.textContent = one ? one.summary : found ? found.summary : '';
  };
  hub.onchange = describe;
  method.oninput = describe;
  emulator('/_octavo/realtime/hubs').then(all => {
    documented = all;
    const before = hub.value;
    hub.replaceChildren(...all.map(one => make('option', { value: one.name }, one.name)));
    if (all.some(one => one.name === before)) hub.value = before;
    describe();
  }).catch(() => { /* The names that are known must do. */ });

  return make('div', { class: 'stack' }, make('div', { class: 'row' }, make('label', {}, 'Hub', hub), make('label', {}, 'Transport', transport), toggle), form, log);
}
