// What AI is used for and what it costs.

import { ago } from './ago.js';
import { api, identity, poll } from './api.js';
import { choice, count, dollars, duration, figure, make, meter, section, table } from './dom.js';

const CALLS_PAGE = 25;
const SVG = 'http://www.w3.org/2000/svg';

export function open(root, stopped) {
  const period = choice([['month', 'this month'], ['7', 'last 7 days'], ['30', 'last 30 days'], ['90', 'last 90 days']], 'month');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const budgets = make('div', { class: 'grid' });
  const figures = make('div', { class: 'grid figures' });
  const days = make('div');
  const [models, features, users] = [make('div'), make('div'), make('div')];
  const alerts = make('div');
  const calls = make('div');
  const more = make('button', { type: 'button', class: 'quiet', hidden: true }, 'Older calls');
  root.append(fault, section('Budgets', budgets),
    section('Use', make('div', { class: 'row' }, make('label', { class: 'fixed' }, 'Period', period)), figures, days,
      make('div', { class: 'columns' }, make('div', {}, make('h3', {}, 'By model'), models), make('div', {}, make('h3', {}, 'By feature'), features), make('div', {}, make('h3', {}, 'By user'), users))),
    section('Alerts', alerts), section('Calls', calls, make('p', {}, more)));

  let listed = [];
  let cursor = null;
  async function page(next) {
    const answer = await api(`/v1/ai/calls?limit=${CALLS_PAGE}${next ? `&cursor=${encodeURIComponent(next)}` : ''}`);
    listed = next ? [...listed, ...answer.calls] : answer.calls;
    cursor = answer.next_cursor || null;
    more.hidden = !cursor;
    calls.replaceChildren(callTable(listed));
  }
  more.onclick = () => page(cursor).catch(error => { fault.textContent = error.message; });

  let turn = 0;
  async function all() {
    const mine = ++turn;
    const { from, to } = span(period.value);
    // An answer about another period comes too late.
    const usage = (by, draw) => api(`/v1/ai/usage?from=${from}&to=${to}&by=${by}`).then(answer => { if (mine === turn) draw(answer); });
    const parts = [
      api('/v1/ai/budgets').then(found => budgets.replaceChildren(...(found.length ? found.map(budget) : [make('p', { class: 'soft' }, identity.roles.includes('admin') ? 'No budget is set: see Policy.' : 'No budget counts your use alone.')]))),
      usage('day', answer => { figures.replaceChildren(...totals(answer)); days.replaceChildren(chart(answer.rows, from, to)); }),
      usage('model', answer => models.replaceChildren(sums(answer.rows, 'Model', row => row.model ? `${row.model} (${row.provider})` : 'none answered'))),
      usage('feature', answer => features.replaceChildren(sums(answer.rows, 'Feature', row => row.feature))),
      usage('user', answer => users.replaceChildren(sums(answer.rows, 'User', row => row.user))),
      api('/v1/ai/alerts').then(found => alerts.replaceChildren(alertTable(found))),
    ];
    // Of a list that was paged further only what is new at its top would change: it is left as it is read.
    if (listed.length <= CALLS_PAGE) parts.push(page(null));
    const failed = (await Promise.allSettled(parts)).find(part => part.status === 'rejected');
    fault.textContent = failed ? `${failed.reason.message}${failed.reason.status === 403 ? ': choose the role admin above to see the tenant as a whole' : ''}` : '';
  }
  period.onchange = all;
  poll(stopped, 5000, all);
}

/** The first and the last day, UTC. */
function span(period) {
  const day = date => date.toISOString().slice(0, 10);
  const now = new Date();
  if (period === 'month') return { from: `${day(now).slice(0, 8)}01`, to: day(now) };
  return { from: day(new Date(now.getTime() - (Number(period) - 1) * 86_400_000)), to: day(now) };
}

/** `month:2026-11`, `day:2026-11-27:user:mira` as a person says them; another form as it is. */
function budgetWords(name) {
  const found = name.match(/^(month|day):(\d{4}-\d{2}(?:-\d{2})?)(?::(user|key):(.*))?$/);
  if (!found) return name;
  const [, period, date, scope, who] = found;
  const at = new Date(`${date}${period === 'month' ? '-01' : ''}T00:00:00Z`);
  const when = at.toLocaleDateString('en-GB', { month: 'long', timeZone: 'UTC', ...(period === 'day' ? { day: 'numeric' } : { year: 'numeric' }) });
  return scope ? `${when}, ${scope === 'user' ? who : `key ${who}`}` : when;
}

function budget(one) {
  const bars = [];
  const bar = (used, max, words) => bars.push(make('small', {}, words), meter(max > 0 ? used / max : 0, `${one.name}: ${words}`));
  if (one.tokens_max !== null) bar(one.tokens, one.tokens_max, `${count(one.tokens)} of ${count(one.tokens_max)} tokens`);
  if (one.dollars_max !== null) bar(Number(one.dollars), Number(one.dollars_max), `${dollars(one.dollars)} of ${dollars(one.dollars_max)}`);
  const hours = one.ends_in_s / 3600;
  return make('div', { class: 'card' }, make('b', {}, make('span', { title: one.name }, budgetWords(one.name))), bars, make('small', {}, `begins anew in ${hours < 48 ? `${Math.ceil(hours)} h` : `${Math.round(hours / 24)} days`}`));
}

function totals({ total, prices_as_of: prices }) {
  const share = total.calls ? Math.round(total.cache_hits / total.calls * 100) : 0;
  return [
    figure('cost', dollars(total.dollars), total.unpriced ? `${count(total.unpriced)} calls without a price; prices of ${prices}` : `prices of ${prices}`),
    figure('calls', count(total.calls), `${count(total.failed)} failed`),
    figure('tokens in', count(total.input_tokens), `${count(total.cached_tokens)} from the provider's cache`),
    figure('tokens out', count(total.output_tokens), total.reasoning_tokens ? `${count(total.reasoning_tokens)} of reasoning` : ''),
    figure('the cache saved', dollars(total.saved_dollars), `${count(total.saved_tokens)} tokens; ${share}% of calls`),
  ];
}

const sums = (rows, name, of) => table([
  { title: name, of, wrap: 'narrow' },
  { title: 'Calls', of: row => count(row.calls), number: true },
  { title: 'Tokens', of: row => count(row.input_tokens + row.output_tokens), number: true },
  { title: 'Cost', of: row => dollars(row.dollars), number: true },
  { title: 'Saved', of: row => dollars(row.saved_dollars), number: true },
], [...rows].sort((one, other) => other.dollars - one.dollars || other.calls - one.calls), { caption: `Use by ${name.toLowerCase()}` });

/** Cost by day as bars, with what the cache saved on top; the same in words for those who do not see it. */
function chart(rows, from, to) {
  const byDay = new Map(rows.map(row => [row.day, row]));
  const days = [];
  for (let at = new Date(`${from}T00:00:00Z`); at <= new Date(`${to}T00:00:00Z`); at = new Date(at.getTime() + 86_400_000)) {
    const day = at.toISOString().slice(0, 10);
    const row = byDay.get(day);
    days.push({ day, cost: Number(row ? row.dollars : 0), saved: Number(row ? row.saved_dollars : 0), calls: row ? row.calls : 0 });
  }
  const top = Math.max(...days.map(day => day.cost + day.saved));
  const shape = (tag, attributes, text) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text) node.textContent = text;
    return node;
  };
  const [width, height, base] = [720, 128, 106];
  const words = `Cost by day, ${from} to ${to}: ${days.filter(day => day.calls).map(day => `${day.day} ${dollars(day.cost)}`).join(', ') || 'none'}`;
  const svg = shape('svg', { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words, preserveAspectRatio: 'none' });
  const step = (width - 20) / days.length;
  days.forEach((day, at) => {
    const tall = value => top > 0 ? value / top * (base - 22) : 0;
    const [x, wide] = [10 + at * step + step * 0.15, Math.min(step * 0.7, 40)];
    const bar = (y, high, name) => svg.append(shape('rect', { x, y, width: wide, height: high, ...(name ? { class: name } : {}) }));
    bar(base - tall(day.cost), tall(day.cost));
    bar(base - tall(day.cost) - tall(day.saved), tall(day.saved), 'saved');
    const touch = shape('rect', { x: 10 + at * step, y: 0, width: step, height: base, 'fill-opacity': 0 });
    touch.append(shape('title', {}, `${day.day}: ${dollars(day.cost)}, ${dollars(day.saved)} saved, ${count(day.calls)} calls`));
    svg.append(touch);
  });
  svg.append(shape('line', { x1: 10, x2: width - 10, y1: base, y2: base, stroke: 'currentColor', 'stroke-opacity': 0.3 }));
  const ends = make('div', { class: 'legend' }, make('span', {}, 'cost by day'), make('span', { class: 'saved' }, 'saved by the cache'), `${from} to ${to}, at most ${dollars(top)} a day`);
  return make('div', {}, make('h3', {}, 'By day'), svg, ends);
}

const alertTable = found => table([
  { title: 'When', of: one => ago(one.at) },
  { title: 'Budget', of: one => make('span', { title: one.budget }, budgetWords(one.budget)) },
  { title: 'Reached', of: one => make('span', { class: one.percent >= 100 ? 'down' : 'starting' }, `${one.percent}%`), number: true },
  { title: 'Tokens', of: one => one.tokens_max === null ? count(one.tokens) : `${count(one.tokens)} of ${count(one.tokens_max)}`, number: true },
  { title: 'Cost', of: one => one.dollars_max === null ? dollars(one.dollars) : `${dollars(one.dollars)} of ${dollars(one.dollars_max)}`, number: true },
], found, { empty: 'no budget has reached an alert level', caption: 'Alerts' });

const callTable = found => table([
  { title: 'When', of: one => ago(one.at) },
  { title: 'User', of: one => one.user },
  { title: 'Feature', of: one => one.feature },
  { title: 'Model', of: one => one.model ? `${one.model} (${one.provider})` : one.asked_model, wrap: 'narrow' },
  { title: 'Cache', of: one => one.cache },
  { title: 'Outcome', of: one => make('span', { class: one.outcome === 'failed' || one.outcome === 'abandoned' ? 'down' : '', title: one.error || '' }, one.error && one.outcome === 'failed' ? `${one.outcome}: ${one.error}` : one.outcome), wrap: 'narrow' },
  { title: 'Tokens in, out', of: one => `${count(one.usage.input)}, ${count(one.usage.output)}`, number: true },
  { title: 'Took', of: one => make('span', { title: one.first_token_ms === null || one.first_token_ms === undefined ? '' : `first token after ${duration(one.first_token_ms)}` }, duration(one.duration_ms)), number: true },
  { title: 'Cost', of: one => one.cost === null ? 'no price' : dollars(one.cost), number: true },
], found, { empty: 'no calls yet', caption: 'Calls' });
