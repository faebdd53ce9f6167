// One template in one language: its parts beside what they look like, while one writes.

import { api } from './api.js';
import { carefully, clearFaults, field, make, moment, section, showFaults } from './dom.js';
import { previewPanel } from './notification_preview.js';

const PARTS = [
  ['subject', 'Subject of the mail', 1], ['html', 'Mail, as MJML', 14], ['text', 'Mail, as text', 10], ['title', 'Title in the inbox', 1],
  ['body', 'Text in the inbox', 3], ['sms', 'Text message', 3], ['slack', 'Slack', 4], ['summary', 'Line for a pager', 1],
];
/** Milliseconds without a key until it is looked at. */
const PAUSE = 400;

export async function open(root, stopped, rest) {
  const [name, language] = rest.split('/').map(part => { try { return decodeURIComponent(part); } catch { return part; } });
  const path = `/v1/notification-templates/${encodeURIComponent(name)}/${encodeURIComponent(language)}`;
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  let stored;
  try {
    stored = await api(path).catch(error => { if (error.status === 404) return { parts: {}, platform: null, revision: 0, updated_at: null }; throw error; });
  } catch (error) {
    fault.textContent = error.message;
    root.append(fault);
    return;
  }
  if (stopped.aborted) return;

  const about = make('p', { class: 'soft' });
  const preview = previewPanel();
  const inputs = PARTS.map(([part, label, rows]) => partInput(part, label, rows, () => changed()));
  const data = make('textarea', { class: 'code', rows: 6, spellcheck: false, placeholder: 'as JSON; empty: a sample' });
  data.oninput = () => changed();
  const save = make('button', {}, 'Save');
  const test = (channel, label) => make('button', { type: 'button', class: 'quiet', onclick: () => send(channel) }, label);
  const remove = carefully('Say it in the platform’s words again', 'Really forget your words?', forget, 'quiet');
  const form = make('form', { class: 'stack', noValidate: true }, inputs.map(input => input.node),
    make('details', {}, make('summary', {}, 'What the event says'), field('Data', data, 'data')),
    make('div', { class: 'buttons' }, save, test('email', 'Send me a test mail'), test('sms', 'Send me a test message'), remove), fault, note);
  root.append(section(`${name} (${language})`, about, make('div', { class: 'template' }, form, make('aside', { 'aria-label': 'How it looks' }, preview.node))));

  function draw() {
    about.textContent = stored.updated_at ? `In the tenant’s words: revision ${stored.revision}, changed by ${stored.updated_by} (${moment(stored.updated_at)}).`
      : stored.platform ? 'In the platform’s words so far.' : 'The platform has no such template: what is left out is said as by the template generic.';
    remove.hidden = !stored.revision;
    for (const input of inputs) input.set(stored.parts[input.part], stored.platform?.[input.part]);
  }
  /** The parts that are said in other words than the platform's. */
  const own = () => Object.fromEntries(inputs.map(input => [input.part, input.value()]).filter(([, text]) => text !== null));

  let timer = null;
  let turn = 0;
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  }
  stopped.addEventListener('abort', () => clearTimeout(timer));

  async function look() {
    const mine = ++turn;
    const parts = own();
    const wanted = {};
    try {
      if (data.value.trim()) wanted.data = JSON.parse(data.value);
    } catch (error) {
      preview.trouble(`The data are no JSON: ${error.message}`);
      return;
    }
    // Without any words of one's own the platform's are shown, which only is asked for where there are some.
    if (Object.keys(parts).length || !stored.platform) wanted.parts = parts;
    try {
      const said = await api(`${path}/preview`, { method: 'POST', json: wanted });
      if (mine !== turn || stopped.aborted) return;
      clearFaults(form, fault);
      await preview.show(said);
    } catch (error) {
      if (mine !== turn || stopped.aborted) return;
      const focused = document.activeElement;
      showFaults(form, fault, error);
      // Whoever is writing goes on where they are.
      focused.focus();
      preview.trouble('It cannot be shown as it is.');
    }
  }

  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    try {
      stored = await api(path, { method: 'PUT', json: { parts: own() }, headers: { 'if-match': `"r${stored.revision}"` } });
      draw();
      note.textContent = 'Saved.';
    } catch (error) {
      if (error.status === 412) fault.textContent = `${error.message}: somebody changed it meanwhile. Copy what you need and open it again.`;
      else showFaults(form, fault, error);
    }
  };

  async function forget() {
    clearFaults(form, fault);
    note.textContent = '';
    try {
      await api(path, { method: 'DELETE' });
      stored = { ...stored, parts: {}, revision: 0, updated_at: null };
      draw();
      await look();
    } catch (error) {
      fault.textContent = error.message;
    }
  }

  async function send(channel) {
    clearFaults(form, fault);
    note.textContent = '';
    try {
      const wanted = { channel };
      if (data.value.trim()) wanted.data = JSON.parse(data.value);
      await api(`${path}/test`, { method: 'POST', json: wanted });
      note.replaceChildren('It is on its way to you, as it is saved: see the ', make('a', { href: '#mailbox' }, 'mailbox'), '.');
    } catch (error) {
      fault.textContent = error.fields?.length ? error.fields.map(one => one.message).join('; ') : error.message;
    }
  }

  draw();
  await look();
}

/** A part with whose words it is in: none of one's own are sent where it says what the platform says. */
function partInput(part, label, rows, changed) {
  const input = make('textarea', { rows, spellcheck: false, class: 'code' });
  const whose = make('small', {});
  const back = make('button', { type: 'button', class: 'link' }, 'Back to theirs');
  let platform = '';
  const value = () => input.value === platform || !input.value.trim() ? null : input.value;
  const tell = () => {
    const isOwn = value() !== null;
    whose.textContent = isOwn ? 'in your words ' : platform ? 'in the platform’s words' : 'left out: said with the other parts';
    back.hidden = !isOwn || !platform;
  };
  input.oninput = () => { tell(); changed(); };
  back.onclick = () => { input.value = platform; tell(); changed(); };
  const set = (own, otherwise) => {
    // As an input has it, so that what was not changed is found to be the same.
    platform = (otherwise || '').replaceAll('\r\n', '\n');
    input.value = own ?? platform;
    tell();
  };
  return { part, value, set, node: make('div', {}, field(label, input, `parts.${part}`), make('p', { class: 'line' }, whose, back)) };
}
