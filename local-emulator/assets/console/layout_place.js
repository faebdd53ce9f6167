// How far to the right a state stands: near its neighbours above and below, never over another one. Part of the layout.

const ROUNDS = 10;
const ROUNDS_BOTH = 4;
const GAP = 26;
const GAP_LANES = 12;
/** How strongly an item without neighbours stays where it is. */
const STAY = 0.01;
/** How strongly a lane keeps to its state. */
const ATTACHED = 2;

/** Sets `x`, the middle of each item. */
export function place(layers) {
  for (const layer of layers) {
    let x = 0;
    layer.forEach((item, at) => {
      x += at ? apart(layer[at - 1], item) : 0;
      item.x = x;
    });
    for (const item of layer) item.x -= x / 2;
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let rank = 1; rank < layers.length; rank += 1) settle(layers[rank], item => item.up);
    for (let rank = layers.length - 2; rank >= 0; rank -= 1) settle(layers[rank], item => item.down);
  }
  for (let round = 0; round < ROUNDS_BOTH; round += 1) {
    for (const layer of layers) settle(layer, item => [...item.up, ...item.down]);
  }
  // At last below what comes before: the way that is read is straight.
  for (let rank = 1; rank < layers.length; rank += 1) settle(layers[rank], item => item.up);
}

/** How far the middles of two neighbours must be apart. */
function apart(left, right) {
  const lanes = left.kind === 'lane' || right.kind === 'lane';
  return (left.width + right.width) / 2 + (lanes ? GAP_LANES : GAP);
}

/**
 * Moves a layer's items to where the sum of the squares of what each misses of its wish is least, in their order and apart:
 * with the distances taken off that is an isotonic regression, which pooling neighbours that got out of order solves.
 */
function settle(layer, neighbours) {
  const pools = [];
  let offset = 0;
  layer.forEach((item, at) => {
    offset += at ? apart(layer[at - 1], item) : 0;
    const { wish, weight } = wished(item, neighbours(item));
    pools.push({ sum: (wish - offset) * weight, weight, offsets: [[item, offset]] });
    while (pools.length > 1 && value(pools.at(-2)) > value(pools.at(-1))) {
      const last = pools.pop();
      const before = pools.at(-1);
      before.sum += last.sum;
      before.weight += last.weight;
      before.offsets.push(...last.offsets);
    }
  });
  for (const pool of pools) for (const [item, own] of pool.offsets) item.x = value(pool) + own;
}

const value = pool => pool.sum / pool.weight;

/** The middle of its neighbours by weight: where one of them weighs more than the others together, the arrow is straight. */
function wished(item, neighbours) {
  const all = neighbours.map(each => ({ x: each.item.x + each.item.anchor - item.anchor, weight: each.weight }));
  // A lane is at its state's right side, and does not pull the state.
  if (item.attachedTo) all.push({ x: item.attachedTo.x + (item.attachedTo.width + item.width) / 2 + GAP_LANES, weight: ATTACHED });
  if (!all.length) return { wish: item.x, weight: STAY };
  all.sort((a, b) => a.x - b.x);
  const weight = all.reduce((sum, each) => sum + each.weight, 0);
  let before = 0;
  for (let at = 0; at < all.length; at += 1) {
    before += all[at].weight;
    if (before === weight / 2) return { wish: (all[at].x + all[at + 1].x) / 2, weight };
    if (before > weight / 2) return { wish: all[at].x, weight };
  }
  return { wish: item.x, weight };
}
