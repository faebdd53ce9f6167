// The order of a layer's states: neighbours near each other, few crossings. Part of the layout.

/** Rounds of the search; of a large graph fewer. */
const ROUNDS = 12;
const ROUNDS_LARGE = 4;
const LARGE = 400;

/** Sorts items into layers by `rank`, and each layer from left to right. Sets `at`, an item's place in its layer. */
export function order(items, edges) {
  const layers = Array.from({ length: items.reduce((most, item) => Math.max(most, item.rank + 1), 0) }, () => []);
  for (const item of walked(items, edges)) layers[item.rank].push(item);
  layers.forEach((layer, rank) => { layers[rank] = settled(layer); });
  number(layers);
  let best = snapshot(layers);
  let fewest = crossings(layers);
  const rounds = items.length > LARGE ? ROUNDS_LARGE : ROUNDS;
  for (let round = 0; round < rounds && fewest > 0; round += 1) {
    if (round % 2 === 0) for (let rank = 1; rank < layers.length; rank += 1) sort(layers, rank, 'up');
    else for (let rank = layers.length - 2; rank >= 0; rank -= 1) sort(layers, rank, 'down');
    if (items.length <= LARGE) exchange(layers);
    const now = crossings(layers);
    if (now < fewest) {
      fewest = now;
      best = snapshot(layers);
    }
  }
  number(best);
  return best;
}

/** Items in the order in which a reader follows the arrows: what belongs together begins together. */
function walked(items, edges) {
  const out = new Map(items.map(item => [item, []]));
  for (const edge of edges) if (!edge.back) out.get(edge.tail).push(edge);
  const seen = new Set();
  const found = [];
  const take = item => { if (!seen.has(item)) { seen.add(item); found.push(item); } };
  for (const root of items) {
    const open = [root];
    while (open.length) {
      const item = open.pop();
      if (seen.has(item)) continue;
      take(item);
      const ahead = out.get(item) || [];
      for (const edge of ahead) edge.lanes.forEach(take);
      open.push(...ahead.map(edge => edge.head).reverse());
    }
  }
  return found;
}

const snapshot = layers => layers.map(layer => layer.slice());
const number = layers => layers.forEach(layer => layer.forEach((item, at) => { item.at = at; }));

/** A layer in which every lane of an arrow that leads back stands at its state's right. */
function settled(layer) {
  const lanes = layer.filter(item => item.attachedTo && item.attachedTo.rank === item.rank);
  if (!lanes.length) return layer;
  const held = new Map();
  for (const lane of lanes) held.set(lane.attachedTo, [...(held.get(lane.attachedTo) || []), lane]);
  // The shortest way back is the nearest lane.
  for (const row of held.values()) row.sort((a, b) => a.edge.lanes.length - b.edge.lanes.length);
  return layer.filter(item => !lanes.includes(item)).flatMap(item => [item, ...(held.get(item) || [])]);
}

function sort(layers, rank, side) {
  const wished = new Map(layers[rank].map(item => [item, middle(item[side], item.at)]));
  layers[rank] = settled(layers[rank].slice().sort((a, b) => wished.get(a) - wished.get(b) || a.at - b.at));
  layers[rank].forEach((item, at) => { item.at = at; });
}

function middle(neighbours, otherwise) {
  if (!neighbours.length) return otherwise;
  let sum = 0;
  let weights = 0;
  for (const { item, weight } of neighbours) {
    sum += item.at * weight;
    weights += weight;
  }
  return sum / weights;
}

/** Exchanges neighbours where that takes crossings away. */
function exchange(layers) {
  for (const layer of layers) {
    for (let at = 1; at < layer.length; at += 1) {
      const [left, right] = [layer[at - 1], layer[at]];
      // A lane stays with its state.
      if (left.attachedTo || right.attachedTo || left.attached.length || right.attached.length) continue;
      if (between(left, right) <= between(right, left)) continue;
      layer[at - 1] = right;
      layer[at] = left;
      right.at = at - 1;
      left.at = at;
    }
  }
}

/** Crossings of the arrows of two neighbours, were they in this order. */
function between(left, right) {
  let count = 0;
  for (const side of ['up', 'down']) {
    for (const a of left[side]) for (const b of right[side]) if (a.item.at > b.item.at) count += 1;
  }
  return count;
}

/** How many arrows cross. */
export function crossings(layers) {
  let count = 0;
  for (const layer of layers) {
    // The places below, from left to right: each crosses those before it that are further right (a Fenwick tree counts them).
    const ends = layer.flatMap(item => item.down.map(({ item: below }) => below.at).sort((a, b) => a - b));
    const tree = new Array(ends.reduce((most, end) => Math.max(most, end), 0) + 2).fill(0);
    let seen = 0;
    for (const end of ends) {
      let notRight = 0;
      for (let at = end + 1; at > 0; at -= at & -at) notRight += tree[at];
      count += seen - notRight;
      seen += 1;
      for (let at = end + 1; at < tree.length; at += at & -at) tree[at] += 1;
    }
  }
  return count;
}
