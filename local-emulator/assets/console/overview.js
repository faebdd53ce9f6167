// Everything that runs, at a glance: what needs attention first, then each thing with its health and a small live chart.

import { poll } from './api.js';
import { make, section } from './dom.js';
import { chart, words } from './chart.js';
import { heard, seen } from './overview_seen.js';

const EVERY = 2000;
/** How the state of a thing looks. */
export const LOOKS = { up: 'up', warn: 'starting', down: 'down' };

export function open(root, stopped) {
  const attention = make('div', { 'aria-live': 'polite' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const groups = make('div');
  root.append(fault, attention, groups);
  const cards = new Map();
  let troubles = null;

  // Whoever asked: the page never says other than the line at the top.
  heard(now => {
    fault.textContent = '';
    const key = JSON.stringify(now.attention);
    if (key !== troubles) attention.replaceChildren(needs(now));
    troubles = key;
    for (const group of now.groups) show(group);
  }, stopped);

  /** Cards stay the same nodes: nobody is thrown out of a link that is told of again. */
  function show(group) {
    let place = cards.get(group.name);
    if (!place) {
      place = { grid: make('div', { class: 'grid things' }), things: new Map() };
      place.section = section(group.title, place.grid);
      cards.set(group.name, place);
      groups.append(place.section);
    }
    place.section.hidden = !group.things.length;
    const names = group.things.map(thing => thing.name);
    for (const [name, card] of place.things) if (!names.includes(name)) { card.node.remove(); place.things.delete(name); }
    for (const thing of group.things) {
      if (!place.things.has(thing.name)) {
        const made = card(thing);
        place.things.set(thing.name, made);
        place.grid.append(made.node);
      }
      place.things.get(thing.name).show(thing);
    }
  }

  poll(stopped, EVERY, () => seen().catch(error => { fault.textContent = `The emulator does not answer: ${error.message}`; throw error; }));
}

/** What needs attention, or that nothing does. */
function needs(now) {
  const things = now.groups.flatMap(group => group.things);
  if (!things.length) return make('p', { class: 'soft' }, 'Looking at everything for the first time…');
  if (!now.attention.length) {
    return make('p', { class: 'well' }, make('b', {}, 'All is well.'), ` ${things.length} parts are looked at, from engines to outside services: nothing needs you.`);
  }
  return section('Needs attention', make('ul', { class: 'troubles' }, now.attention.map(one =>
    make('li', { class: one.state }, make('span', {}, make('b', { class: `state ${LOOKS[one.state]}` }, one.state === 'down' ? 'Down' : 'Look'), ` ${one.text}`),
      make('a', { class: 'button quiet small', href: one.link, 'aria-label': `${one.mend}: ${one.text}` }, one.mend)))));
}

/** A thing as a card. */
function card(thing) {
  const state = make('span', { class: 'state' });
  const lines = make('div');
  const live = chart();
  const about = make('small', { class: 'measured', 'aria-hidden': 'true' });
  const node = make('article', { class: 'card thing', 'aria-label': thing.title }, make('b', {}, thing.link ? make('a', { href: thing.link }, thing.title) : thing.title, state), live.node, about, lines);
  let last = '';
  return {
    node,
    show(now) {
      const key = JSON.stringify([now.state, now.label, now.lines]);
      if (key !== last) {
        state.className = `state ${LOOKS[now.state]}`;
        state.textContent = now.label;
        lines.replaceChildren(...now.lines.map(line => make('small', {}, line)));
        node.dataset.state = now.state;
      }
      last = key;
      live.show(now.measure);
      about.textContent = words(now.measure);
    },
  };
}
