// What was sent to people: mail as its reader sees it, a telephone, webhooks, chat, a pager; and providers that fail on demand.

import { ago } from './ago.js';
import { emulator, emulatorText, poll } from './api.js';
import { carefully, choice, clearFaults, count, field, make, nothing, section, showFaults, table } from './dom.js';

const SENT = '/_octavo/sent';
const KINDS = [['mail', 'Mail'], ['sms', 'Telephone'], ['webhook', 'Webhooks'], ['slack', 'Chat'], ['pager', 'Pager'], ['refused', 'Refused'], ['', 'Everything']];
const PAGE = 100;
const STATES = { refused: 'down', bounced: 'down', complained: 'down', delivered: 'up', accepted: 'starting', sent: 'starting' };
const time = at => { const when = new Date(at); return when.toDateString() === new Date().toDateString() ? when.toLocaleTimeString() : when.toLocaleString(); };

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const kinds = make('div', { class: 'tabs', role: 'group', 'aria-label': 'Which' });
  const to = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'to anybody', 'aria-label': 'To' });
  const list = make('ul', { class: 'letters' });
  const letter = make('div', { class: 'letter', 'aria-live': 'polite' });
  const empty = carefully('Empty it', 'Really empty it?', async () => { await emulator(`${SENT}/messages`, { method: 'DELETE' }); choose(null); await load(); });
  root.append(section('What was sent', make('div', { class: 'row' }, make('div', { class: 'grow' }, kinds), make('div', {}, to), empty), fault, make('div', { class: 'mailbox' }, list, letter)));
  const unread = () => nothing('Nothing is chosen', 'Choose what was sent to see it as its reader does.');
  letter.append(unread());
  const faults = make('div', { class: 'stack' });
  root.append(section('Providers that fail on demand', faults));

  let kind = 'mail';
  let chosen = null;
  let shown = '';

  const tabs = () => kinds.replaceChildren(...KINDS.map(([name, text]) => make('button', {
    type: 'button', class: name === kind ? 'small' : 'quiet small', 'aria-pressed': String(name === kind), onclick: () => { kind = name; choose(null); tabs(); load(); },
  }, text)));
  to.oninput = () => load();

  let turn = 0;
  async function load() {
    const mine = ++turn;
    const wanted = new URLSearchParams({ limit: PAGE });
    if (kind === 'refused') wanted.set('accepted', 'false');
    else if (kind) wanted.set('kind', kind);
    if (to.value.trim()) wanted.set('to', to.value.trim());
    let found;
    try {
      ({ messages: found } = await emulator(`${SENT}/messages?${wanted}`));
      found.reverse();
      fault.textContent = '';
    } catch (error) {
      fault.textContent = error.message;
      return;
    }
    // An answer to what was asked before comes too late: what was sent by another channel does not belong below this one.
    if (stopped.aborted || mine !== turn) return;
    const key = JSON.stringify([kind, to.value, chosen, found.map(one => [one.number, one.state, one.callbacks.length])]);
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...found.map(line));
    if (!found.length) list.append(make('li', { class: 'empty' }, 'Nothing was sent yet.'));
    if (found.some(one => one.number === chosen)) await read(chosen);
  }

  const line = one => make('li', {}, make('button', { type: 'button', 'aria-current': one.number === chosen ? 'true' : null, onclick: () => { choose(one.number); load(); } },
    make('b', {}, one.subject || one.text.slice(0, 80) || one.kind), make('small', {}, `to ${one.to.join(', ')}`),
    make('small', {}, ago(one.at), ` by ${one.provider} `, make('span', { class: `state ${STATES[one.state] || 'soft'}` }, one.state))));

  /** What is shown from now on: never the buttons of one below another. */
  function choose(number) {
    chosen = number;
    letter.replaceChildren(...number === null ? [unread()] : []);
    if (number !== null) read(number);
  }

  const act = (what, number) => async () => {
    try { await emulator(`${SENT}/${what}/${number}`, { method: 'POST', json: {} }); } catch (error) { fault.textContent = error.message; }
    await load();
  };

  let reading = 0;
  async function read(number) {
    const mine = ++reading;
    try {
      const one = await emulator(`${SENT}/messages/${number}`);
      if (mine === reading && number === chosen && !stopped.aborted) show(one);
    } catch (error) {
      fault.textContent = error.message;
    }
  }

  function show(one) {
    const about = [['To', one.to.join(', ')], ['From', one.from], ['By', one.provider], ['State', one.refused ? `${one.state}: ${one.refused}` : one.state], ['Known as', one.id]];
    const calls = one.callbacks.length ? make('details', {}, make('summary', {}, one.callbacks.length === 1 ? '1 callback' : `${one.callbacks.length} callbacks`), table([
      { title: 'When', of: call => time(call.at) }, { title: 'Told', of: call => call.event }, { title: 'Answer', of: call => call.status || 'none' }, { title: 'Tries', of: call => call.tries, number: true },
    ], one.callbacks, { caption: 'Callbacks' })) : null;
    const head = make('div', {}, make('h3', {}, one.subject || one.kind), make('dl', { class: 'members' }, about.filter(([, text]) => text).map(([name, text]) => [make('dt', {}, name), make('dd', {}, text)])),
      one.state === 'refused' || !['mail', 'sms'].includes(one.kind) ? null : make('div', { class: 'buttons' }, one.kind === 'mail' && one.provider === 'smtp' ? null : [
        make('button', { type: 'button', class: 'quiet small', onclick: act('deliver', one.number) }, 'It arrived'),
        make('button', { type: 'button', class: 'quiet small', onclick: act('bounce', one.number) }, 'It bounced'),
        one.kind === 'mail' ? make('button', { type: 'button', class: 'quiet small', onclick: act('complain', one.number) }, 'It is called spam') : null]), calls);
    // A frame that is made anew is loaded anew: only where another message was chosen, whichever answer about it came first.
    if (letter.firstChild) letter.firstChild.replaceWith(head);
    else letter.replaceChildren(head, body(one));
  }

  function body(one) {
    if (one.kind === 'sms') return make('div', { class: 'phone' }, make('p', {}, one.text));
    const parts = [
      one.html ? ['As it looks', () => make('iframe', { src: `/console/mail/${one.number}`, title: `Mail: ${one.subject}`, sandbox: 'allow-popups allow-popups-to-escape-sandbox' })] : null,
      one.text ? ['As text', () => make('pre', { tabIndex: 0 }, one.text)] : null,
      one.body ? ['As it came', () => make('pre', { tabIndex: 0 }, JSON.stringify(one.body, null, 2))] : null,
      one.body ? null : ['As it came', () => {
        const raw = make('pre', { tabIndex: 0 }, '…');
        emulatorText(`${SENT}/messages/${one.number}/raw`).then(text => { raw.textContent = text; }, error => { raw.textContent = error.message; });
        return raw;
      }],
      one.headers.length ? ['Headers', () => make('pre', { tabIndex: 0 }, one.headers.map(([name, value]) => `${name}: ${value}`).join('\n'))] : null,
    ].filter(Boolean);
    if (!parts.length) return make('p', { class: 'soft' }, 'There is nothing in it.');
    const place = make('div', {});
    const tabs = make('div', { class: 'tabs', role: 'group', 'aria-label': 'How it is shown' });
    const draw = at => {
      tabs.replaceChildren(...parts.map(([text], each) => make('button', { type: 'button', class: each === at ? 'small' : 'quiet small', 'aria-pressed': String(each === at), onclick: () => draw(each) }, text)));
      place.replaceChildren(parts[at][1]());
    };
    draw(0);
    return make('div', {}, tabs, place);
  }

  tabs();
  faultPanel(faults, stopped);
  poll(stopped, 1000, load);
}

const PROVIDERS = ['*', 'smtp', 'ses', 'sendgrid', 'postmark', 'twilio', 'slack', 'pagerduty', 'webhook'];
const FAULTS = [['reject', 'is refused'], ['rate_limit', 'is refused: too many'], ['delay', 'takes longer'], ['hang', 'is never answered'], ['close', 'loses its connection'], ['bounce', 'bounces later'], ['quiet', 'is not told of later']];

function faultPanel(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const provider = choice(PROVIDERS.map(one => [one, one === '*' ? 'all' : one]), '*');
  const to = make('input', { autocomplete: 'off', spellcheck: false, placeholder: 'anybody; or *@acme.example' });
  const kind = choice(FAULTS, 'reject');
  const times = make('input', { type: 'number', min: 1, placeholder: 'always' });
  const more = make('div', { class: 'row fields' });
  const list = make('div', {});
  const members = {
    reject: () => [number('Status', 'status', 400), text('Code', 'code', '5.1.1')], rate_limit: () => [number('Retry after, s', 'retry_after_s', 5)],
    delay: () => [number('Milliseconds', 'ms', 2000)], hang: when, close: when, bounce: () => [number('After ms', 'after_ms', 500)], quiet: () => [],
  };
  const named = (label, name, input) => { input.dataset.member = name; return field(label, input, name); };
  const number = (label, name, value) => named(label, name, make('input', { type: 'number', value }));
  const text = (label, name, placeholder) => named(label, name, make('input', { autocomplete: 'off', placeholder }));
  function when() { return [named('The message', 'when', choice([['before', 'is not taken'], ['after', 'is taken all the same']], 'before'))]; }
  const form = make('form', { class: 'stack', noValidate: true },
    make('div', { class: 'row fields' }, field('Provider', provider, 'provider'), field('To', to, 'to'), field('What is sent', kind, 'kind'), field('Times', times, 'times')), more, make('div', { class: 'buttons' }, make('button', {}, 'Add')), fault);
  root.append(form, list);
  kind.onchange = () => more.replaceChildren(...members[kind.value]());
  kind.onchange();
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const wanted = { provider: provider.value, kind: kind.value };
    if (to.value.trim()) wanted.to = to.value.trim();
    if (times.value) wanted.times = Number(times.value);
    for (const input of more.querySelectorAll('[data-member]')) if (input.value !== '') wanted[input.dataset.member] = input.type === 'number' ? Number(input.value) : input.value;
    try {
      await emulator(`${SENT}/faults`, { method: 'POST', json: wanted });
      await show();
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  let last = '';
  let turn = 0;
  async function show() {
    const mine = ++turn;
    const { faults: items } = await emulator(`${SENT}/faults`);
    const key = JSON.stringify(items);
    if (mine !== turn || key === last || stopped.aborted) return;
    last = key;
    list.replaceChildren(table([
      { title: 'Provider', of: one => one.provider === '*' ? 'all' : one.provider },
      { title: 'To', of: one => one.to || 'anybody' },
      { title: 'What is sent', of: one => (FAULTS.find(([name]) => name === one.kind) || [one.kind, one.kind])[1], wrap: true },
      { title: 'Fired', of: one => `${count(one.fired)}${one.times ? ` of ${one.times}` : ''}`, number: true },
      { title: '', of: one => make('button', { type: 'button', class: 'quiet small', onclick: async () => { await emulator(`${SENT}/faults/${one.id}`, { method: 'DELETE' }); await show(); } }, 'Remove') },
    ], items, { empty: 'Nothing fails.', caption: 'Faults' }));
  }
  poll(stopped, 2000, show);
}
