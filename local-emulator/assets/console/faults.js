// Faults: switches of everything that can go wrong here, each with how the thing is now; the effect is in the overview as well.

import { emulator, poll } from './api.js';
import { carefully, count, make, section, segments } from './dom.js';
import { chart } from './chart.js';
import { LOOKS } from './overview.js';
import { seen } from './overview_seen.js';

const EVERY = 1500;
const GROUPS = [
  ['engine', 'Engines', 'Functions, the realtime node and the event sources reach each engine through a relay: it can refuse them, swallow what they say, or pass it on later.'],
  ['provider', 'AI providers', 'The fakes. More kinds of faults, for single models or every third call, are on the page of the providers.'],
  ['channel', 'Notification channels', 'The fakes. Faults for single recipients are in the mailbox.'],
  ['function', 'Functions', 'A frozen function gets no work: what is asked of it waits. A killed sandbox takes with it what it runs.'],
];
const MODES = { on: 'On', away: 'Away', hang: 'Hangs', slow: 'Slow', frozen: 'Frozen' };
const SLOW_MS = 500;

export function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const rows = new Map();
  const back = make('button', { type: 'button', class: 'quiet', onclick: () => backAll() }, 'Switch everything back');
  root.append(make('p', { class: 'lead' }, 'Break something and see what the platform makes of it: what is switched here is told on the ', make('a', { href: '#overview' }, 'overview'), ' within seconds. From the command line: ', make('code', {}, 'cargo octavo fault add redis slow ms=200'), '.'),
    fault, make('div', { class: 'buttons' }, back));
  const places = new Map(GROUPS.map(([name, title, text]) => {
    const place = make('div', { class: 'switches' });
    root.append(section(title, make('p', { class: 'soft' }, text), place));
    return [name, place];
  }));
  const put = (one, json) => emulator(`/_octavo/switches/${one.group}/${encodeURIComponent(one.name)}`, { method: 'PUT', json });
  // How often was asked how everything is, or to change it.
  let turn = 0;
  async function change(one, json) {
    turn += 1;
    try {
      fault.textContent = '';
      await put(one, json);
    } catch (error) {
      fault.textContent = `${one.title}: ${error.message}`;
    }
    await load();
  }
  async function backAll() {
    turn += 1;
    try {
      fault.textContent = '';
      // As it is now, not as it was shown: somebody may press before anything is.
      const { items: all } = await emulator('/_octavo/switches');
      for (const one of all.filter(each => each.mode !== 'on')) await put(one, { mode: 'on' });
    } catch (error) {
      fault.textContent = error.message;
    }
    await load();
  }

  function row(one) {
    const state = make('span', { class: 'state' });
    const live = chart();
    const late = make('input', { type: 'number', min: 1, max: 60000, value: one.ms || SLOW_MS, 'aria-label': `How many milliseconds slower ${one.title} is` });
    const slower = make('label', { class: 'slower' }, late, ' ms');
    const choose = mode => change(one, mode === 'slow' ? { mode, ms: Number(late.value) } : { mode });
    const modes = segments(`${one.title} is`, ['on', ...one.modes].map(mode => [mode, MODES[mode]]), one.mode, choose);
    late.onchange = () => { if (shown.mode === 'slow') choose('slow'); };
    const kill = one.group !== 'function' ? null : carefully('Kill its sandboxes', 'Really?', async () => {
      try {
        fault.textContent = '';
        await emulator(`/_octavo/functions/${encodeURIComponent(one.name)}/kill`, { method: 'POST', json: {} });
      } catch (error) {
        fault.textContent = error.message;
      }
      await load();
    });
    let shown = one;
    const node = make('div', { class: 'switch' }, make('b', {}, one.title), state, live.node, one.modes.length ? modes.node : make('small', {}, 'cannot be switched'), one.modes.includes('slow') ? slower : null, kill);
    return {
      node,
      show(now, thing) {
        shown = now;
        modes.say(now.mode);
        node.dataset.mode = now.mode;
        if (kill) kill.hidden = !now.sandboxes;
        if (!thing) return;
        state.className = `state ${LOOKS[thing.state]}`;
        state.textContent = now.waiting ? `${thing.label}, ${count(now.waiting)} wait` : thing.label;
        live.show(thing.measure);
      },
    };
  }

  async function load() {
    const mine = ++turn;
    let found;
    try {
      found = await Promise.all([emulator('/_octavo/switches'), seen()]);
    } catch (error) {
      if (mine === turn) fault.textContent = error.message;
      return;
    }
    // An answer from before a switch was pressed would press it back.
    if (stopped.aborted || mine !== turn) return;
    const [{ items }, { groups }] = found;
    const things = new Map(groups.flatMap(group => group.things.map(thing => [`${group.name}/${thing.name}`, thing])));
    const within = { engine: 'engine', provider: 'outside', channel: 'outside', function: 'function' };
    for (const one of items) {
      const key = `${one.group}/${one.name}`;
      if (!rows.has(key)) {
        rows.set(key, row(one));
        places.get(one.group).append(rows.get(key).node);
      }
      rows.get(key).show(one, things.get(`${within[one.group]}/${one.name}`));
    }
    back.disabled = items.every(one => one.mode === 'on');
  }
  poll(stopped, EVERY, load);
}
