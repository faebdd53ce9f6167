// The providers: whether they are let through, and the fakes' faults.

import { api, emulator, identity, poll } from './api.js';
import { carefully, choice, count, duration, freshId, make, section, table } from './dom.js';

/** Faults that are often wanted: a name and what the emulator reads. */
const PRESETS = [
  ['429 with a wait of 2 s', { kind: 'status', status: 429, retry_after_ms: 2000 }],
  ['500', { kind: 'status', status: 500 }],
  ['529 overloaded', { kind: 'status', status: 529 }],
  ['401 key not accepted', { kind: 'status', status: 401 }],
  ['slow: 3 s to the first token', { kind: 'latency', first_token_ms: 3000, per_token_ms: 20, jitter_ms: 200 }],
  ['slow words: 100 ms each', { kind: 'latency', first_token_ms: 200, per_token_ms: 100, jitter_ms: 50 }],
  ['never answers', { kind: 'hang' }],
  ['hangs in mid-stream', { kind: 'hang_after', chunks: 5 }],
  ['cut in mid-stream', { kind: 'cut', chunks: 5 }],
  ['error in mid-stream', { kind: 'error_in_stream', chunks: 5 }],
  ['error inside a 200', { kind: 'error_in_200' }],
  ['malformed JSON', { kind: 'malformed' }],
  ['empty answer', { kind: 'empty' }],
  ['connection refused', { kind: 'refuse_connection' }],
];
const HOLD_SECONDS = 60;

export async function open(root, stopped) {
  const breakers = make('div');
  const breakerFault = make('p', { class: 'fault', role: 'alert' });
  const providers = make('div', { class: 'grid' });
  const faults = make('div');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const requests = make('div');
  const detail = make('div');

  const provider = choice([['*', 'all providers']], '*');
  const preset = choice(PRESETS.map(([name], at) => [String(at), name]), '0');
  const times = make('input', { type: 'number', min: 1, placeholder: 'until removed' });
  const every = make('input', { type: 'number', min: 1, placeholder: 'each one' });
  const percent = make('input', { type: 'number', min: 0, max: 100, placeholder: '100' });
  const model = make('input', { placeholder: 'all', autocomplete: 'off', spellcheck: false });
  const text = make('textarea', { class: 'code', rows: 3, spellcheck: false });
  const write = () => {
    const wanted = { provider: provider.value, ...PRESETS[Number(preset.value)][1] };
    if (model.value.trim()) wanted.model = model.value.trim();
    for (const [name, input] of [['times', times], ['every', every], ['percent', percent]]) if (input.value) wanted[name] = Number(input.value);
    text.value = JSON.stringify(wanted);
  };
  for (const input of [provider, preset, times, every, percent, model]) input.oninput = write;
  write();
  const label = (name, input) => make('label', {}, name, input);
  const custom = make('details', {}, make('summary', { class: 'soft' }, 'as JSON, with everything that a fault can say'), label('The fault', text));
  const form = make('form', { class: 'stack' },
    make('div', { class: 'row' }, label('Provider', provider), make('div', { class: 'grow' }, label('Fault', preset)), label('Times', times), label('Every k-th', every), label('Percent', percent), label('Model', model)),
    custom, make('div', { class: 'buttons' }, make('button', {}, 'Add the fault'), carefully('Remove all', 'Really remove all?', () => change('/_octavo/faults', { method: 'DELETE' }), 'quiet')), fault);
  form.onsubmit = event => {
    event.preventDefault();
    let json;
    try { json = JSON.parse(text.value); } catch (error) { fault.textContent = `This is no JSON: ${error.message}`; return; }
    change('/_octavo/faults', { method: 'POST', json });
  };
  const change = async (path, options) => {
    try { fault.textContent = ''; await emulator(path, options); await listFaults(); } catch (error) { fault.textContent = error.message; }
  };

  root.append(section('Providers', providers),
    section('Faults of the fake providers', make('p', { class: 'soft' }, 'The same from the command line: ', make('code', {}, 'cargo octavo fault add openai status status=429 retry_after_ms=1500')), form, make('h3', {}, 'Faults that are there'), faults),
    section('Breakers', make('p', { class: 'soft' }, 'Each model of each provider has one, shared by all functions. It opens when calls fail or are slow, and lets one probe through after its cool-down.'), breakerFault, breakers),
    section('Last requests to the fakes', requests, detail));

  /** Rows are not drawn again under somebody's fingers. */
  const busy = box => box.contains(document.activeElement) && document.activeElement.tagName === 'BUTTON';

  async function listProviders() {
    const [{ items }, own] = await Promise.all([emulator('/_octavo/providers'), api('/v1/ai/providers').catch(() => [])]);
    const known = [...provider.options].map(option => option.value);
    provider.append(...items.filter(one => one.fake && !known.includes(one.name)).map(one => make('option', { value: one.name }, one.name)));
    providers.replaceChildren(...items.map(one => {
      const configured = own.find(other => other.name === one.name);
      const statuses = one.stats ? Object.entries(one.stats.statuses).map(([status, times]) => `${status === '0' ? 'no answer' : status}: ${count(times)}`).join(', ') : '';
      return make('div', { class: 'card' }, make('b', {}, one.name, make('span', { class: `state ${one.fake ? 'starting' : 'up'}` }, one.fake ? 'fake' : 'real')),
        make('small', {}, one.address), one.stats && make('small', {}, `${count(one.stats.requests)} ${one.stats.requests === 1 ? 'request' : 'requests'} (${statuses})`),
        one.stats && make('small', {}, `${count(one.stats.input_tokens)} tokens in, ${count(one.stats.output_tokens)} out`),
        configured && make('small', {}, configured.own_key_hint ? `the tenant's own key …${configured.own_key_hint}` : configured.platform_key ? `the platform's key, ${configured.models.length} models` : 'no key'));
    }));
  }

  async function listFaults() {
    const { items } = await emulator('/_octavo/faults');
    if (busy(faults)) return;
    const said = one => Object.entries(one).filter(([name, value]) => value !== null && !['id', 'provider', 'kind', 'matched', 'fired', 'spent'].includes(name) && !(name === 'seed' && value === 0))
      .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`).join(' ');
    faults.replaceChildren(table([
      { title: '#', of: one => one.id },
      { title: 'Provider', of: one => one.provider },
      { title: 'Kind', of: one => one.kind },
      { title: 'As', of: said, wrap: true },
      { title: 'Fired', of: one => `${count(one.fired)} of ${count(one.matched)}${one.spent ? ', spent' : ''}`, number: true },
      { title: '', of: one => make('button', { type: 'button', class: 'quiet small', onclick: event => { event.target.blur(); change(`/_octavo/faults/${one.id}`, { method: 'DELETE' }); } }, 'Remove') },
    ], items, { empty: 'none: everything is answered', mark: one => one.spent && 'soft', caption: 'Faults' }));
  }

  const all = make('input', { type: 'checkbox', id: freshId() });
  const order = async (one, what, json) => {
    try {
      breakerFault.textContent = '';
      await api(`/v1/ai/breakers/${encodeURIComponent(one.provider)}/${encodeURIComponent(one.model)}/${what}`, { method: 'POST', json });
    } catch (error) {
      breakerFault.textContent = error.status === 403 ? `${error.message}: choose it above` : error.message;
    }
    await listBreakers();
  };
  async function listBreakers() {
    let found;
    try {
      found = await api('/v1/ai/breakers');
    } catch (error) {
      breakerFault.textContent = error.status === 403 ? `${error.message}: choose it above` : error.message;
      return;
    }
    if (busy(breakers)) return;
    const is = { closed: ['closed', 'up'], open: ['open', 'down'], half_open: ['half open', 'starting'] };
    const operator = identity.roles.includes('operator');
    const told = found.filter(one => all.checked || one.phase !== 'closed' || one.calls > 0 || one.latency_ms !== null);
    const press = (name, words, act) => make('button', { type: 'button', class: 'quiet small', 'aria-label': words, onclick: event => { event.target.blur(); act(); } }, name);
    breakers.replaceChildren(table([
      { title: 'Provider', of: one => one.provider },
      { title: 'Model', of: one => one.model },
      { title: 'State', of: one => make('span', { class: `state ${is[one.phase][1]}` }, is[one.phase][0]) },
      { title: 'Cool-down', of: one => one.open_for_ms === null ? '' : duration(one.open_for_ms), number: true },
      { title: 'First token', of: one => one.latency_ms === null ? '' : duration(one.latency_ms), number: true },
      { title: 'Calls', of: one => count(one.calls), number: true },
      { title: 'Failed', of: one => count(one.failures), number: true },
      { title: 'Slow', of: one => count(one.slow), number: true },
      { title: 'Last failure', of: one => one.last_failure },
      ...(operator ? [{ title: '', of: one => make('span', { class: 'buttons' },
        press('Hold', `Hold ${one.provider} ${one.model} open for ${HOLD_SECONDS} seconds`, () => order(one, 'hold', { seconds: HOLD_SECONDS })),
        press('Reset', `Close the breaker of ${one.provider} ${one.model}`, () => order(one, 'reset'))) }] : []),
    ], told, { empty: 'all are closed, and nothing was called lately', caption: 'Breakers' }));
  }
  all.onchange = listBreakers;
  breakers.before(make('p', {}, make('label', { htmlFor: all.id }, all, 'also those that nobody used lately'),
    identity.roles.includes('operator') ? null : make('span', { class: 'soft' }, ' To hold or reset one, choose the role operator above.')));

  async function listRequests() {
    const { items } = await emulator('/_octavo/providers/requests');
    if (busy(requests)) return;
    requests.replaceChildren(table([
      { title: 'When', of: one => new Date(one.at * 1000).toLocaleTimeString() },
      { title: 'Provider', of: one => make('button', { type: 'button', class: 'link', onclick: event => { event.target.blur(); show(one); } }, one.provider) },
      { title: 'Request', of: one => `${one.method} ${one.path}`, wrap: true },
      { title: 'Model', of: one => one.model },
      { title: 'Bytes', of: one => count(one.body_bytes), number: true },
      { title: 'Status', of: one => make('span', { class: one.status >= 400 || one.status === null ? 'down' : 'up' }, one.status === null ? 'none' : String(one.status)), number: true },
      { title: 'Fault', of: one => one.fault === null ? '' : `#${one.fault}`, number: true },
      { title: 'Answer', of: one => ({ under_way: 'under way', sent: 'sent', cut: 'cut', client_left: 'client left' })[one.outcome] },
    ], items, { empty: 'none yet', caption: 'Requests' }));
  }
  const show = one => detail.replaceChildren(make('h3', {}, `Request ${one.number} to ${one.provider}`), make('div', { class: 'detail' },
    make('pre', { tabIndex: 0 }, Object.entries(one.headers).map(([name, value]) => `${name}: ${value}`).join('\n')),
    make('pre', { tabIndex: 0 }, one.body === null ? '(no JSON, or too large to keep)' : JSON.stringify(one.body, null, 2))));

  poll(stopped, 2000, () => Promise.all([listProviders(), listFaults(), listBreakers(), listRequests()]));
}
