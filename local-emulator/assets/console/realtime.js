// The realtime node: how it is, what it counts, and a place to try its hubs.

import { emulator, poll } from './api.js';
import { card, count, figure, make, section, table } from './dom.js';
import { node } from './hub.js';
import { hubs } from './hubs.js';

/** What is shown large, of what the node counts: the series that add up to it, and whether its pace is what matters. */
const FIGURES = [
  { label: 'hub connections', of: /^octavo_realtime_connections_active/ },
  { label: 'documents open', of: /^octavo_realtime_rooms(\{|$)/ },
  { label: 'people at them', of: /^octavo_realtime_room_connections(\{|$)/ },
  { label: 'hub messages in', of: /^octavo_realtime_messages_total\{.*direction="in"/, pace: true },
  { label: 'hub messages out', of: /^octavo_realtime_messages_total\{.*direction="out"/, pace: true },
  { label: 'edits and cursors out', of: /^octavo_realtime_room_deliveries_total/, pace: true },
  { label: 'dropped', of: /^octavo_realtime_messages_dropped_total/ },
  { label: 'failed or lost', of: /^octavo_realtime_connection_failures_total/ },
];

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  let address = null;
  try {
    address = await node();
  } catch (error) {
    fault.textContent = error.message;
  }
  if (stopped.aborted) return;
  if (!address) {
    root.append(section('Realtime', fault, fault.textContent ? null : make('p', { class: 'soft' }, 'This platform has no realtime node.')));
    return;
  }
  const health = make('div', { class: 'grid' });
  const figures = make('div', { class: 'grid figures' });
  const series = make('div');
  root.append(fault, section('Node', health, figures, make('details', { class: 'all' }, make('summary', {}, 'Everything that it counts'), series)), section('Hubs', hubs(stopped)));

  let before = null;
  poll(stopped, 2000, async () => {
    const [ready, text] = await Promise.all([emulator('/_octavo/realtime/health'), emulator('/_octavo/realtime/metrics')]);
    const now = { at: performance.now(), counted: counted(text.metrics) };
    health.replaceChildren(...cards(address, ready));
    figures.replaceChildren(...FIGURES.map(({ label, of, pace: paced }) => {
      const value = total(now.counted, of);
      if (value === null) return null;
      if (!paced) return figure(label, count(value));
      return figure(label, before ? `${pace(of, before, now).toFixed(1)}/s` : '–', `${count(value)} so far`);
    }).filter(Boolean));
    const names = [...new Set([...now.counted.keys()].map(id => id.split('{')[0]))].sort();
    const rows = names.map(name => {
      const of = new RegExp(`^${name}(\\{|$)`);
      return { name, value: total(now.counted, of), pace: before && /_(total|count)$/.test(name) ? pace(of, before, now) : null };
    });
    if (!series.contains(document.activeElement)) {
      series.replaceChildren(table([
        { title: 'Name', of: row => row.name, wrap: true },
        { title: 'Now', of: row => Number.isInteger(row.value) ? count(row.value) : row.value.toPrecision(4), number: true },
        { title: 'Each second', of: row => row.pace === null ? '' : row.pace.toFixed(1), number: true },
      ], rows, { caption: 'What the node counts' }));
    }
    before = now;
  });
}

function cards(address, { status, body }) {
  const parts = Object.entries(body && typeof body === 'object' ? body : {}).filter(([name]) => name !== 'ready' && name !== 'draining');
  const draining = body && body.draining;
  const said = value => value === null || value === true || value === 'connected' ? ['up', 'up'] : [typeof value === 'string' ? value : 'down', 'down'];
  return [
    card('node', draining ? 'starting' : status === 200 ? 'up' : 'down', draining ? 'draining' : status === 200 ? 'ready' : 'not ready', [address]),
    ...parts.filter(([, value]) => value === null || typeof value !== 'object').map(([name, value]) => {
      const [words, state] = said(value);
      return card(name, state, state, [state === 'up' ? '' : words]);
    }),
  ];
}

/** The series of an exposition (Prometheus' text format) by name and labels; of a histogram only how many it saw. */
function counted(text) {
  const series = new Map();
  for (const line of text.split('\n')) {
    const found = line.match(/^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/);
    if (found && !/_(bucket|sum|created)$/.test(found[1])) series.set(found[1] + (found[2] || ''), Number(found[3]));
  }
  return series;
}

/** What the series that `of` matches add up to; null where there are none. */
function total(series, of) {
  const found = [...series].filter(([id]) => of.test(id));
  return found.length ? found.reduce((sum, [, value]) => sum + value, 0) : null;
}

/** By how much they grew, a second. A node that began anew counts from zero. */
function pace(of, before, now) {
  return Math.max(0, (total(now.counted, of) - (total(before.counted, of) || 0)) / (now.at - before.at) * 1000);
}
