// Where the boxes and arrows of a graph go: states in layers from top to bottom, as few crossings as a bounded search finds,
// long arrows straight, arrows that lead back beside the states that they connect. Pure: numbers in, numbers out.
//
// The steps are Sugiyama's: break the circles, give each state a layer, order the layers, place them, route the arrows.

import { order } from './layout_order.js';
import { place } from './layout_place.js';

/** Lengths, in pixels. */
const NODE_WIDTH_MIN = 96;
const NODE_WIDTH_MAX = 232;
const NODE_HEIGHT = 46;
const NODE_PADDING = 54;
const GAP_BELOW = 34;
const BOX_PADDING = 14;
/** Room for the bar below a state that ends its path. */
const END_HEIGHT = 8;
const BOX_HEADER = 52;
const BOX_GAP = 12;
const START_SIZE = 12;
const LABEL_HEIGHT = 18;
const LABEL_WIDTH_MAX = 190;
const LABEL_PADDING = 14;
/** How far a lane of an arrow that leads back keeps from its state. */
const LANE = 14;
/** How far apart arrows leave a state. */
const TOUCH = 14;
/** How much straighter the way is that all goes well. */
const WEIGHT_MAIN = 1000;

/** Places in layers that arrows pass. Beyond it the longest arrows are left out: nobody could follow them. */
const LANES_MAX = 20_000;

/** What a line of text measures where nothing can measure it: a plain letter's width for each character. */
const plain = value => value.length * 7.2;

/**
 * Lays out what `graph()` reads. `measure(text)` gives a text's width. Answers `{ width, height, start, nodes, edges }`:
 * a node has `x`, `y`, `width`, `height` and `boxes` (laid out themselves, with `x` and `y` within the node); an edge has
 * `path` (as SVG draws it), `points` and, where it says something, `label` with `x`, `y`, `width`.
 * `hidden`: arrows that are left out.
 */
export function layout(list, measure = plain) {
  const items = [];
  const by = new Map();
  const add = item => { items.push({ up: [], down: [], attached: [], anchor: 0, ...item }); return items.at(-1); };
  if (list.start !== null) by.set('', add({ kind: 'start', width: START_SIZE, height: START_SIZE }));
  for (const node of list.nodes) by.set(JSON.stringify(node.name), add({ kind: 'node', node, ...size(node, measure) }));
  const of = name => by.get(JSON.stringify(name));
  const all = list.edges.map(edge => ({ ...edge, tail: of(edge.from), head: of(edge.to), label: labelOf(edge, measure) }));
  if (list.start !== null) all.unshift({ kind: 'start', from: null, to: list.start, tail: by.get(''), head: of(list.start), label: null });

  const nodes = items.slice();
  circles(nodes, all);
  ranks(nodes, all);
  const edges = followed(all);
  for (const edge of edges) chain(edge, add);
  const layers = order(items, edges);
  place(layers);
  const bottom = heights(layers);
  const routes = edges.map(edge => edge.back ? backwards(edge) : forwards(edge, bottom.layers));
  return { ...finish(items, routes, bottom.height), hidden: all.length - edges.length };
}

function size(node, measure) {
  const words = Math.max(measure(node.name), measure(node.note || '') * 0.86);
  const width = Math.min(NODE_WIDTH_MAX, Math.max(NODE_WIDTH_MIN, words + NODE_PADDING));
  if (!node.lists.length) return { width, height: NODE_HEIGHT, boxes: [] };
  const boxes = node.lists.map(each => layout(each, measure));
  let x = BOX_PADDING;
  for (const box of boxes) {
    box.x = x;
    box.y = BOX_HEADER;
    x += box.width + BOX_GAP;
  }
  const needed = x - BOX_GAP + BOX_PADDING;
  // A short row of branches stands in the middle below a long name.
  for (const box of boxes) box.x += Math.max(0, width - needed) / 2;
  const tallest = Math.max(...boxes.map(box => box.height));
  return { width: Math.max(width, needed), height: BOX_HEADER + tallest + BOX_PADDING, boxes };
}

function labelOf(edge, measure) {
  if (!edge.labels.length) return null;
  const more = edge.labels.length > 1 ? ` or ${edge.labels.length - 1} more` : '';
  const full = edge.labels.join('\nor ');
  const width = Math.min(LABEL_WIDTH_MAX, measure(edge.labels[0] + more) * 0.86 + LABEL_PADDING);
  return { text: edge.labels[0], more, full, width, height: LABEL_HEIGHT };
}

/** Marks the arrows that close a circle, by a walk in the order in which a reader would follow them. */
function circles(nodes, edges) {
  const out = new Map(nodes.map(node => [node, []]));
  for (const edge of edges) out.get(edge.tail).push(edge);
  const seen = new Set();
  const open = new Set();
  for (const root of nodes) {
    if (seen.has(root)) continue;
    // By hand and not by recursion: a thousand states in a row are a deep walk.
    const path = [{ node: root, next: 0 }];
    seen.add(root);
    open.add(root);
    while (path.length) {
      const here = path.at(-1);
      const edge = out.get(here.node)[here.next++];
      if (!edge) {
        open.delete(here.node);
        path.pop();
      } else if (open.has(edge.head)) {
        edge.back = true;
      } else if (!seen.has(edge.head)) {
        seen.add(edge.head);
        open.add(edge.head);
        path.push({ node: edge.head, next: 0 });
      }
    }
  }
}

/** The longest way to a state is its layer; an arrow with a label has a layer for the label. */
function ranks(nodes, edges) {
  const out = new Map(nodes.map(node => [node, []]));
  const waiting = new Map(nodes.map(node => [node, 0]));
  for (const edge of edges) {
    if (edge.back) continue;
    out.get(edge.tail).push(edge);
    waiting.set(edge.head, waiting.get(edge.head) + 1);
  }
  for (const node of nodes) node.rank = 0;
  const ready = nodes.filter(node => waiting.get(node) === 0);
  for (let at = 0; at < ready.length; at += 1) {
    for (const edge of out.get(ready[at])) {
      edge.head.rank = Math.max(edge.head.rank, ready[at].rank + (edge.label ? 2 : 1));
      waiting.set(edge.head, waiting.get(edge.head) - 1);
      if (waiting.get(edge.head) === 0) ready.push(edge.head);
    }
  }
}

/** The arrows that are drawn: all, unless there are very many long ones. */
function followed(edges) {
  const length = edge => Math.abs(edge.head.rank - edge.tail.rank) + 1;
  if (edges.reduce((sum, edge) => sum + length(edge), 0) <= LANES_MAX) return edges;
  const kept = new Set();
  let lanes = 0;
  for (const edge of [...edges].sort((a, b) => length(a) - length(b))) {
    lanes += length(edge);
    if (lanes > LANES_MAX) break;
    kept.add(edge);
  }
  return edges.filter(edge => kept.has(edge));
}

/** Gives an arrow a place in every layer that it passes. One that leads back has a lane beside the states at its ends. */
function chain(edge, add) {
  const lane = (rank, rest) => add({ kind: 'lane', rank, width: LANE, height: 0, edge, ...rest });
  edge.lanes = [];
  if (edge.back) {
    const from = edge.head.rank;
    for (let rank = from; rank <= edge.tail.rank; rank += 1) edge.lanes.push(lane(rank, {}));
    const last = edge.lanes.at(-1);
    if (edge.label) {
      last.width = LANE + edge.label.width;
      last.anchor = -edge.label.width / 2;
    }
    edge.tail.attached.push(last);
    if (edge.lanes.length > 1) edge.head.attached.push(edge.lanes[0]);
    for (const each of edge.lanes) each.attachedTo = null;
    edge.lanes[0].attachedTo = edge.head;
    last.attachedTo = edge.tail;
    connect(edge.lanes, edge);
    return;
  }
  for (let rank = edge.tail.rank + 1; rank < edge.head.rank; rank += 1) {
    const labelled = edge.label && rank === edge.tail.rank + 1;
    edge.lanes.push(lane(rank, labelled ? { width: edge.label.width, height: LABEL_HEIGHT } : {}));
  }
  connect([edge.tail, ...edge.lanes, edge.head], edge);
}

function connect(row, edge) {
  for (let at = 1; at < row.length; at += 1) {
    const both = row[at - 1].kind === 'lane' && row[at].kind === 'lane';
    // The way that all goes well is the straight one.
    const weight = (both ? 6 : 1) * (edge.kind === 'next' || edge.kind === 'start' ? WEIGHT_MAIN : edge.kind === 'catch' ? 0.5 : 1);
    row[at - 1].down.push({ item: row[at], weight });
    row[at].up.push({ item: row[at - 1], weight });
  }
}

/** Gives every layer its height. Answers where each begins and ends. */
function heights(layers) {
  const bounds = [];
  let y = 0;
  for (const layer of layers) {
    const height = layer.reduce((most, item) => Math.max(most, item.height), 0);
    for (const item of layer) item.y = item.kind === 'lane' ? y : item.kind === 'start' ? y + height - item.height : y;
    bounds.push({ top: y, bottom: y + height });
    y += height + GAP_BELOW;
  }
  return { layers: bounds, height: Math.max(0, y - GAP_BELOW) + END_HEIGHT };
}

/** From the middle of a state's lower side, straight through layers and in curves between them, to the upper side. */
function forwards(edge, layers) {
  const points = [];
  const from = edge.tail;
  const x = from.x + spread(edge, from);
  points.push([x, from.y + from.height]);
  if (from.y + from.height < layers[from.rank].bottom) points.push([x, layers[from.rank].bottom]);
  for (const lane of edge.lanes) points.push([lane.x, layers[lane.rank].top], [lane.x, layers[lane.rank].bottom]);
  points.push([edge.head.x, edge.head.y]);
  const at = edge.label && edge.lanes[0];
  const label = at && { ...edge.label, x: at.x, y: (layers[at.rank].top + layers[at.rank].bottom) / 2 };
  return { edge, points, path: curve(points), label };
}

/** Arrows that leave a state side by side do so at places of their own, in the order of where they go; the main one in the middle. */
function spread(edge, item) {
  const sorted = item.down.map(each => each.item).sort((a, b) => a.x - b.x);
  if (sorted.length < 2) return 0;
  const main = item.down.find(each => each.weight >= WEIGHT_MAIN);
  const middle = main ? sorted.indexOf(main.item) : (sorted.length - 1) / 2;
  const step = Math.min(TOUCH, (item.width * 0.4) / sorted.length);
  return (sorted.indexOf(edge.lanes[0] || edge.head) - middle) * step;
}

/** From a state's right side up its lane to the right side of a state above. */
function backwards(edge) {
  const { tail, head, lanes } = edge;
  const low = tail.y + Math.min(tail.height, NODE_HEIGHT) * (head === tail ? 0.75 : 0.6);
  const high = head.y + Math.min(head.height, NODE_HEIGHT) * (head === tail ? 0.25 : 0.4);
  const right = item => item.x + item.width / 2;
  const lane = item => item.x + item.anchor;
  const up = [...lanes].reverse();
  const points = [[right(tail), low], [lane(up[0]), low]];
  for (const each of up.slice(1, -1)) points.push([lane(each), each.y]);
  points.push([lane(up.at(-1)), high], [right(head), high]);
  const bend = 8;
  const [first, last] = [lane(up[0]), lane(up.at(-1))];
  let path = `M${n(right(tail))} ${n(low)}H${n(first - bend)}Q${n(first)} ${n(low)} ${n(first)} ${n(low - bend)}`;
  let before = [first, low - bend];
  for (const each of up.slice(1, -1)) {
    path += towards(before, [lane(each), each.y]);
    before = [lane(each), each.y];
  }
  path += `${towards(before, [last, high + bend])}Q${n(last)} ${n(high)} ${n(last - bend)} ${n(high)}H${n(right(head))}`;
  const label = edge.label && { ...edge.label, x: lane(up[0]) + LANE / 2 + edge.label.width / 2, y: low + LABEL_HEIGHT / 2 + 2 };
  return { edge, points, path, label };
}

const n = value => Math.round(value * 10) / 10;

/** A curve that leaves and arrives upright. */
function towards([x0, y0], [x1, y1]) {
  if (Math.abs(x0 - x1) < 0.5) return `L${n(x1)} ${n(y1)}`;
  const middle = n((y0 + y1) / 2);
  return `C${n(x0)} ${middle} ${n(x1)} ${middle} ${n(x1)} ${n(y1)}`;
}

function curve(points) {
  let path = `M${n(points[0][0])} ${n(points[0][1])}`;
  for (let at = 1; at < points.length; at += 1) path += towards(points[at - 1], points[at]);
  return path;
}

/** Moves everything so that it begins at 0, and says only what a picture needs. */
function finish(items, routes, height) {
  // There may be more items than a call takes arguments.
  const left = items.reduce((least, item) => Math.min(least, item.x - item.width / 2), Infinity);
  const right = items.reduce((most, item) => Math.max(most, item.x + item.width / 2), -Infinity);
  const shown = items.filter(item => item.kind === 'node');
  const start = items.find(item => item.kind === 'start');
  const moved = path => path.replace(/([MLCQH])([^MLCQH]+)/g, (_, kind, numbers) =>
    kind + numbers.trim().split(' ').map((value, at) => kind === 'H' || at % 2 === 0 ? n(Number(value) - left) : value).join(' '));
  return {
    width: right - left,
    height,
    start: start ? { x: start.x - left, y: start.y + start.height / 2, radius: START_SIZE / 2 } : null,
    nodes: shown.map(({ node, x, y, width, height: tall, boxes }) => ({ node, x: x - width / 2 - left, y, width, height: tall, boxes })),
    edges: routes.map(({ edge, points, path, label }) => ({
      from: edge.from, to: edge.to, kind: edge.kind, back: Boolean(edge.back), path: moved(path),
      points: points.map(([x, y]) => [x - left, y]), label: label ? { ...label, x: label.x - left } : null,
    })),
  };
}
