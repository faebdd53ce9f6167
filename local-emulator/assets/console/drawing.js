// A graph as a picture (SVG) that can be walked by keyboard, enlarged, and lit up while an execution runs.

import { freshId, make } from './dom.js';
import { layout } from './layout.js';

const SVG = 'http://www.w3.org/2000/svg';
const MARGIN = 12;
const ZOOM_MIN = 0.25;
const ZOOM_MAX = 2;
const ZOOM_STEP = 1.25;
/** Smaller than this nothing can be read: what does not fit then is scrolled. */
const ZOOM_FIT_MIN = 0.55;
/** The font of a state's name; the style sheet says the same. */
const FONT = '600 13px system-ui, sans-serif';
const HEAD = 46;
const GLYPH_AT = 12;
const NAME_AT = 34;

/** Small signs of the types, 14 by 14. */
const GLYPHS = {
  Task: 'M1 3h12v8H1zM4 6h6M4 8.5h4',
  Pass: 'M1 7h11M8.5 3.5L12 7l-3.5 3.5',
  Choice: 'M7 1l6 6-6 6-6-6z',
  Wait: 'M7 1a6 6 0 1 1 0 12A6 6 0 0 1 7 1zM7 4v3.2l2.2 1.6',
  Succeed: 'M2 7.5l3.5 3.5L12 3.5',
  Fail: 'M3 3l8 8M11 3l-8 8',
  Parallel: 'M2 1v12M7 1v12M12 1v12',
  Map: 'M1 4h9v9H1zM4 4V1h9v9h-3',
  missing: 'M7 2v6M7 11v.5',
  unknown: 'M7 2v6M7 11v.5',
};

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};

let pen = null;
const widths = new Map();
/** What a name measures. */
function measure(text) {
  if (!widths.has(text)) {
    pen ||= document.createElement('canvas').getContext('2d');
    pen.font = FONT;
    if (widths.size > 5000) widths.clear();
    widths.set(text, pen.measureText(text).width);
  }
  return widths.get(text);
}

/** A text cut to a width. */
function fitted(text, width) {
  if (measure(text) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

/**
 * A picture of what `graph()` read. `select(name)` is called when a state is chosen. Answers `{ root, paint, choose }`:
 * `paint(progress)` shows how far an execution is, `choose(name)` marks a state.
 */
export function drawing(list, { label, select = () => {} }) {
  const placed = layout(list, measure);
  const nodes = new Map();
  const edges = [];
  const [width, height] = [placed.width + 2 * MARGIN, placed.height + 2 * MARGIN];
  const hint = freshId();
  const picture = element('svg', { viewBox: `0 0 ${width} ${height}`, class: 'graph', role: 'group', 'aria-label': label, 'aria-describedby': hint },
    level(placed, MARGIN, MARGIN, nodes, edges));
  const view = make('div', { class: 'graph-view' }, picture);
  const said = make('span', { class: 'soft' });
  const root = make('div', { class: 'graph-frame' },
    make('div', { class: 'graph-tools' }, ...[['−', 'Smaller', () => zoom(scale / ZOOM_STEP)], ['+', 'Larger', () => zoom(scale * ZOOM_STEP)], ['Fit', 'Fit into the frame', () => fit()]]
      .map(([sign, title, act]) => make('button', { type: 'button', class: 'quiet small', title, 'aria-label': title, onclick: act }, sign)), said,
    make('span', { class: 'hidden-label', id: hint }, 'Arrow keys walk from state to state, Enter shows one.')), view);

  let scale = 1;
  function zoom(wanted) {
    scale = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, wanted));
    picture.setAttribute('width', Math.round(width * scale));
    picture.setAttribute('height', Math.round(height * scale));
    said.textContent = `${Math.round(scale * 100)}%${placed.hidden ? `; ${placed.hidden} arrows that pass very many states are left out` : ''}`;
  }
  const fit = () => {
    const room = view.clientWidth || width;
    zoom(Math.max(ZOOM_FIT_MIN, Math.min(1, room / width)));
  };
  zoom(1);
  view.addEventListener('wheel', event => {
    // With the key with which a page is enlarged.
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? scale * ZOOM_STEP : scale / ZOOM_STEP);
  }, { passive: false });
  // Once it is in the page it knows how much room there is.
  requestAnimationFrame(fit);
  drag(view);
  walkable(picture, nodes, select);
  return { root, choose: name => choose(nodes, name), paint: progress => paint(nodes, edges, progress) };
}

/** One list of states, with those within its boxes. */
function level(placed, x, y, nodes, edges) {
  const group = element('g', { transform: `translate(${x} ${y})` });
  for (const edge of placed.edges) group.append(arrow(edge, edges));
  if (placed.start) group.append(element('circle', { class: 'start', cx: placed.start.x, cy: placed.start.y, r: placed.start.radius }));
  for (const box of placed.nodes) group.append(state(box, nodes, edges));
  // Labels lie over every arrow.
  for (const edge of placed.edges) if (edge.label) group.append(words(edge));
  return group;
}

function arrow(edge, edges) {
  const [x, y] = edge.points.at(-1);
  const head = edge.back ? `M${x} ${y}l6 -4v8z` : `M${x} ${y}l-4 -6h8z`;
  const group = element('g', { class: `edge ${edge.kind}` }, element('path', { class: 'wire', d: edge.path }), element('path', { class: 'head', d: head }));
  edges.push({ edge, group });
  return group;
}

function words({ label, kind }) {
  const text = fitted(label.text, (label.width - 10 - (label.more ? measure(label.more) * 0.86 : 0)) / 0.86) + label.more;
  const x = label.x - label.width / 2;
  return element('g', { class: `edge-label ${kind}` }, element('title', {}, label.full),
    element('rect', { x, y: label.y - label.height / 2, width: label.width, height: label.height, rx: 4 }),
    element('text', { x: x + label.width / 2, y: label.y + 3.5, 'text-anchor': 'middle' }, text));
}

function outline({ type }, width, height) {
  if (type === 'Choice') return element('path', { class: 'shape', d: `M12 0H${width - 12}L${width} ${height / 2}L${width - 12} ${height}H12L0 ${height / 2}z` });
  const round = type === 'Succeed' || type === 'Fail' ? height / 2 : 7;
  return element('rect', { class: 'shape', width, height, rx: round });
}

function state(box, nodes, edges) {
  const { node, x, y, width, height, boxes } = box;
  const inset = node.type === 'Choice' || node.type === 'Succeed' || node.type === 'Fail' ? 4 : 0;
  const room = width - NAME_AT - inset - 10;
  const top = Math.min(height, HEAD);
  const group = element('g', { class: `node ${node.type}${boxes.length ? ' box' : ''}`, transform: `translate(${x} ${y})`, role: 'button', tabindex: '-1' },
    element('title', {}, [node.name, `${node.type}${node.note ? `: ${node.note}` : ''}`].join('\n')), outline(node, width, height));
  for (const within of boxes) {
    group.append(element('rect', { class: 'branch', x: within.x - 6, y: within.y - 4, width: within.width + 12, height: height - within.y - 2, rx: 6 }));
  }
  group.append(
    element('path', { class: 'glyph', d: GLYPHS[node.type] || GLYPHS.unknown, transform: `translate(${GLYPH_AT + inset} ${top / 2 - 7})` }),
    element('text', { class: 'name', x: NAME_AT + inset, y: node.note ? top / 2 - 2 : top / 2 + 4.5 }, fitted(node.name, room)),
    node.note ? element('text', { class: 'about', x: NAME_AT + inset, y: top / 2 + 14 }, fitted(node.note, room / 0.86)) : '');
  if (node.ends && node.type !== 'Succeed' && node.type !== 'Fail') {
    group.append(element('path', { class: 'end', d: `M${width / 2} ${height}v5M${width / 2 - 7} ${height + 6}h14` }));
  }
  const badge = element('g', { class: 'badge' });
  group.append(badge);
  for (const within of boxes) group.append(level(within, within.x, within.y, nodes, edges));
  nodes.set(node.name, { node, group, badge, width });
  return group;
}

function choose(nodes, name) {
  for (const [own, { group }] of nodes) {
    group.classList.toggle('chosen', own === name);
    if (name !== null && nodes.has(name)) group.setAttribute('tabindex', own === name ? '0' : '-1');
  }
}

/** Which states an execution is in, has been in, and how that went. */
function paint(nodes, edges, progress) {
  for (const [name, { node, group, badge, width }] of nodes) {
    const now = progress.states.get(name);
    for (const status of ['running', 'waiting', 'succeeded', 'caught', 'failed', 'aborted']) group.classList.toggle(status, Boolean(now) && now.status === status);
    const said = now ? marks(now) : '';
    if (badge.dataset.said !== said) {
      badge.dataset.said = said;
      badge.replaceChildren(...(said ? badgeOf(said, width) : []));
    }
    group.setAttribute('aria-label', [`${node.name}, ${node.type}`, now && now.status, said].filter(Boolean).join(', '));
  }
  for (const { edge, group } of edges) group.classList.toggle('taken', progress.taken(edge.from, edge.to));
}

/** What is counted of a state, in few characters. */
function marks({ visits, retries, items }) {
  if (items) return `${items.succeeded + items.failed} of ${items.total}${items.failed ? `, ${items.failed} failed` : ''}`;
  return [visits > 1 ? `×${visits}` : '', retries ? `↻${retries}` : ''].filter(Boolean).join(' ');
}

function badgeOf(said, width) {
  const long = measure(said) * 0.86 + 12;
  return [element('rect', { x: width - long + 6, y: -9, width: long, height: 18, rx: 9 }),
    element('text', { x: width - long / 2 + 6, y: 3.5, 'text-anchor': 'middle' }, said)];
}

/** One stop of the tabulator; arrows go to the nearest state in their direction. */
function walkable(picture, nodes, select) {
  const first = nodes.values().next().value;
  if (first) first.group.setAttribute('tabindex', '0');
  for (const { node, group } of nodes.values()) group.setAttribute('aria-label', `${node.name}, ${node.type}${node.note ? `, ${node.note}` : ''}`);
  const named = target => [...nodes.values()].find(({ group }) => group === target);
  const go = one => {
    for (const { group } of nodes.values()) group.setAttribute('tabindex', group === one.group ? '0' : '-1');
    one.group.focus();
  };
  picture.addEventListener('click', event => {
    const hit = event.target.closest && event.target.closest('g.node');
    if (hit && !picture.closest('.graph-view').classList.contains('dragged')) {
      go(named(hit));
      select(named(hit).node.name);
    }
  });
  picture.addEventListener('keydown', event => {
    const here = named(event.target);
    if (!here) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      select(here.node.name);
      return;
    }
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    const found = nearest([...nodes.values()], here, way);
    if (found) go(found);
  });
}

function nearest(all, here, [dx, dy]) {
  const middle = ({ group }) => {
    const box = group.querySelector('.shape').getBoundingClientRect();
    // Of a box its head counts: its middle is a state within.
    return [box.x + box.width / 2, box.y + Math.min(box.height, HEAD) / 2];
  };
  const [x, y] = middle(here);
  let best = null;
  for (const one of all) {
    const [ox, oy] = middle(one);
    const along = (ox - x) * dx + (oy - y) * dy;
    const across = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    const far = along + across * 2;
    if (one !== here && along > 1 && (!best || far < best.far)) best = { one, far };
  }
  return best && best.one;
}

/** The picture is moved by pulling it. */
function drag(view) {
  let from = null;
  view.addEventListener('pointerdown', event => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    from = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
    view.classList.remove('dragged');
  });
  view.addEventListener('pointermove', event => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(dx) + Math.abs(dy) > 4) view.classList.add('dragged');
    view.scrollLeft = from.left - dx;
    view.scrollTop = from.top - dy;
  });
  // The click that ends a pull is none: it comes before this.
  const released = () => { from = null; setTimeout(() => view.classList.remove('dragged')); };
  for (const event of ['pointerup', 'pointerleave', 'pointercancel']) view.addEventListener(event, released);
}
