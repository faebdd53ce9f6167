// One dead letter: every error that it met, its message to be edited, put back or thrown away.

import { ago } from './ago.js';
import { emulator } from './api.js';
import { carefully, make, pretty, section, table } from './dom.js';
import { about, traced } from './queues_one.js';

export async function open(root, stopped, name, id) {
  const path = `/_octavo/dead/${encodeURIComponent(name)}/${encodeURIComponent(id)}`;
  const back = `#queues/${encodeURIComponent(name)}`;
  const fault = make('p', { class: 'fault', role: 'alert' });
  root.append(make('div', { class: 'opened' }, make('p', {}, make('a', { href: back }, `The queue ${name}`))));
  let letter;
  try {
    letter = await emulator(path);
  } catch (error) {
    root.append(make('div', { class: 'nothing' }, make('b', {}, 'It is not there any more'), make('p', {}, `${error.message}: somebody has put it back or thrown it away.`)));
    return;
  }
  if (stopped.aborted) return;
  const kept = pretty(letter.body);
  const body = make('textarea', { class: 'code', rows: 14, spellcheck: false, value: kept });
  const done = async (at, options) => {
    fault.textContent = '';
    try {
      await emulator(at, options);
      if (!stopped.aborted) location.hash = back;
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  const again = make('button', {}, 'Put it back');
  const edited = () => body.value !== kept;
  body.oninput = () => { again.textContent = edited() ? 'Put it back as edited' : 'Put it back'; };
  const form = make('form', { class: 'stack' }, make('label', {}, 'The message', body),
    make('div', { class: 'buttons' }, again, carefully('Throw it away', 'Really throw it away?', () => done(path, { method: 'DELETE' }), 'quiet')), fault);
  form.onsubmit = event => {
    event.preventDefault();
    // Unedited it goes back byte by byte.
    done(`${path}/redrive`, { method: 'POST', json: edited() ? { body: compact(body.value) } : {} });
  };
  const { kind, key, tenant, traceparent } = about(letter);
  const facts = [['Kind', kind], ['Key', key], ['Tenant', tenant], ['Sent', ago(letter.sent_at)], ['Died', ago(letter.buried_at)], ['Tries', String(letter.receive_count)], ['Trace', traced(traceparent)]];
  root.append(section(`A dead letter of ${name}`, make('dl', { class: 'members' }, facts.filter(([, text]) => text).map(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]))),
    section('What went wrong', table([
      { title: 'When', of: one => ago(one.at) },
      { title: 'Error', of: one => one.error, wrap: true },
    ], letter.failures, { caption: 'Errors, the oldest first', empty: 'Nobody wrote it down.' }),
    make('p', { class: 'soft' }, 'What the function said itself is in the log of ', make('a', { href: `#functions/${encodeURIComponent(name)}?failed` }, 'its invocations that failed'), '.')),
    section('Another try', form));
}

/** JSON without its spaces; what is none is left for the emulator to refuse, which says where. */
const compact = text => { try { return JSON.stringify(JSON.parse(text)); } catch { return text; } };
