// What people look for, what they do not find, and what they open of it: of the tenant as a whole, without persons.

import { api } from './api.js';
import { address, read } from './search_address.js';
import { MISSING } from './search_words.js';
import { choice, count, figure, make, section, table } from './dom.js';

const DAY = 86_400_000;
const percent = share => share === null || share === undefined ? '–' : `${Math.round(share * 100)}%`;
const place = mean => mean === null || mean === undefined ? '–' : mean.toFixed(1);

export async function open(root, stopped) {
  const period = choice([['7', 'last 7 days'], ['30', 'last 30 days'], ['90', 'last 90 days']], '30');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const figures = make('div', { class: 'grid figures' });
  const days = make('div', {});
  const [top, missing, times] = [make('div', {}), make('div', {}), make('div', {})];
  root.append(section('What is looked for', make('div', { class: 'row' }, make('label', { class: 'fixed' }, 'Period', period)), fault, figures, days),
    make('div', { class: 'columns' }, section('Most often', top), section('Without results', missing), section('How long it took', times)));

  async function load() {
    const day = at => new Date(at).toISOString().slice(0, 10);
    const [from, to] = [day(Date.now() - (Number(period.value) - 1) * DAY), day(Date.now())];
    let found;
    try {
      found = await api(`/v1/search/analytics?from=${from}&to=${to}`);
      fault.textContent = '';
    } catch (error) {
      fault.textContent = error.status === 404 ? MISSING : error.message;
      return;
    }
    if (stopped.aborted) return;
    const all = found.totals;
    figures.replaceChildren(
      figure('searches', count(all.searches)), figure('without results', count(all.without_results), all.searches ? percent(all.without_results / all.searches) : ''),
      figure('typing errors forgiven', count(all.tolerant)), figure('led to a document', percent(all.click_through), `${count(all.clicked)} searches`), figure('place of what was opened', place(all.mean_position), '1 is the first'));
    days.replaceChildren(chart(found.days, from, to));
    top.replaceChildren(texts(found.top, 'Searches', OPENED));
    missing.replaceChildren(texts(found.without_results, 'Searches without results', MISSED));
    times.replaceChildren(table([
      { title: 'Answered within', of: one => one.below_ms === null ? 'longer' : `${one.below_ms} ms` }, { title: 'Searches', of: one => count(one.searches), number: true },
      { title: 'Share', of: one => percent(all.searches ? one.searches / all.searches : null), number: true },
    ], found.latency, { caption: 'How long it took' }));
  }
  period.onchange = load;
  await load();
}

const OPENED = [{ title: 'Opened', of: row => percent(row.click_through), number: true }, { title: 'At place', of: row => place(row.mean_position), number: true }];
const MISSED = [{ title: 'Found nothing', of: row => count(row.without_results), number: true }];
const texts = (rows, caption, more) => table([
  { title: 'Looked for', of: row => make('a', { href: address({ ...read(''), text: row.text }) }, row.text), wrap: true },
  { title: 'Searches', of: row => count(row.searches), number: true },
  ...more,
], rows, { caption, empty: 'none in this time' });

const SVG = 'http://www.w3.org/2000/svg';
/** Searches by day as bars; the same in words for those who do not see it. */
function chart(found, from, to) {
  const byDay = new Map(found.map(row => [row.day, row]));
  const days = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push({ day, searches: (byDay.get(day) || {}).searches || 0, without: (byDay.get(day) || {}).without_results || 0 });
  }
  const most = Math.max(1, ...days.map(one => one.searches));
  const shape = (tag, attributes, text) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text) node.textContent = text;
    return node;
  };
  const words = `Searches by day, ${from} to ${to}: ${days.filter(one => one.searches).map(one => `${one.day} ${one.searches}`).join(', ') || 'none'}`;
  const svg = shape('svg', { class: 'chart', viewBox: '0 0 720 128', role: 'img', 'aria-label': words, preserveAspectRatio: 'none' });
  const step = 700 / days.length;
  days.forEach((one, at) => {
    const tall = value => value / most * 100;
    const [x, width] = [10 + at * step + step * 0.15, Math.min(step * 0.7, 40)];
    svg.append(shape('rect', { x, width, y: 118 - tall(one.searches), height: tall(one.searches) }), shape('rect', { class: 'saved', x, width, y: 118 - tall(one.without), height: tall(one.without) }));
    const touch = shape('rect', { x: 10 + at * step, y: 0, width: step, height: 118, 'fill-opacity': 0 });
    touch.append(shape('title', {}, `${one.day}: ${one.searches} searches, ${one.without} without results`));
    svg.append(touch);
  });
  return make('div', {}, make('h3', {}, 'By day'), svg, make('div', { class: 'legend' }, make('span', {}, 'searches'), make('span', { class: 'saved' }, 'without results'), `${from} to ${to}, at most ${count(most)} a day`));
}
