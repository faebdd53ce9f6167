// One invocation: what went in, what came out, what it wrote; and it again, as it was or edited.

import { ago } from './ago.js';
import { emulator } from './api.js';
import { log } from './functions_log.js';
import { messages } from './functions_messages.js';
import { copier, duration, make, pretty, section } from './dom.js';
import { link } from './functions_list.js';

export async function open(root, stopped, name, id) {
  const path = `/_octavo/invocations/${encodeURIComponent(id)}`;
  const fault = make('p', { class: 'fault', role: 'alert' });
  root.append(make('div', { class: 'opened' }, make('p', {}, make('a', { href: `#functions/${encodeURIComponent(name)}` }, `All of ${name}`))));
  let one;
  try {
    one = await emulator(path);
  } catch (error) {
    root.append(make('div', { class: 'nothing' }, make('b', {}, 'It is not there any more'), make('p', {}, `${error.message}: only the last two hundred are kept.`)));
    return;
  }
  if (stopped.aborted) return;

  const event = make('textarea', { class: 'code', rows: 18, spellcheck: false, value: pretty(one.event) });
  const buttons = [];
  const again = async json => {
    fault.textContent = '';
    for (const button of buttons) button.disabled = true;
    try {
      const next = await emulator(`${path}/replay`, { method: 'POST', json });
      if (!stopped.aborted) location.hash = link(next);
    } catch (error) {
      fault.textContent = error.message;
    }
    for (const button of buttons) button.disabled = false;
  };
  const replay = make('button', { type: 'button', disabled: !one.whole, onclick: () => again({}) }, 'Replay');
  const send = make('button', {}, 'Send the edited event');
  buttons.push(replay, send);
  const editor = make('form', { class: 'stack', onsubmit: submitted => { submitted.preventDefault(); again({ event: event.value }); } },
    make('label', {}, 'The event, as JSON', event), make('small', {}, 'What says (redacted) is put back before it is sent, so that nobody sees it here.'), make('div', { class: 'buttons' }, send));
  const edit = make('details', { class: 'apart' }, make('summary', {}, 'Edit and send'), editor);

  const about = [['When', ago(one.at)], ['Result', make('span', { class: one.failed ? 'state down' : 'state up' }, one.result)], ['Took', duration(one.duration_ms)], ['Start', one.cold ? 'cold: its sandbox was made for it' : 'warm'],
    ['Request', make('code', {}, one.request_id)], ['Trace', make('a', { href: `#traces/${one.trace_id}` }, make('code', {}, one.trace_id))]];
  root.append(section(one.what, make('dl', { class: 'members' }, about.map(([term, value]) => [make('dt', {}, term), make('dd', {}, value)])),
    make('div', { class: 'buttons apart' }, replay, one.whole ? null : make('small', {}, 'Its event is too large to be kept as a whole: it cannot be sent again as it was.')), fault, edit),
  messages(name, one) || '',
  make('div', { class: 'columns' }, part('Event', one.event), response(one)), section('Log', log(one.log), one.log ? make('div', { class: 'buttons apart' }, copier(one.log)) : null));
}

const part = (title, text) => section(title, make('pre', { tabIndex: 0 }, pretty(text) || '(empty)'), make('div', { class: 'buttons apart' }, copier(text)));

/** An answer over HTTP carries its body as text: it is shown as what it is. */
function response(one) {
  const box = part(one.failed && one.result === 'failed' ? 'Error' : 'Response', one.response);
  let answer;
  try { answer = JSON.parse(one.response); } catch { return box; }
  if (!answer || typeof answer.body !== 'string' || answer.isBase64Encoded || !answer.body) return box;
  box.append(make('h3', {}, 'Its body'), make('pre', { tabIndex: 0 }, pretty(answer.body)));
  return box;
}
