// What differs between two texts: line by line (Myers, "An O(ND) Difference Algorithm", 1986), and word by word within lines
// that were changed.

import { make } from './dom.js';

/** Lines that may differ before two texts count as two texts: what is kept grows with its square. */
const DIFFERENT_MAX = 1_200;
/** Lines around a change that are shown with it. */
const AROUND = 3;
/** Words of a pair of lines that are compared. */
const WORDS_MAX = 400;

/** Steps that make `after` of `before`, in order: `{ tag: 'same' | 'deleted' | 'inserted', text }`. Null if nearly nothing is the same. */
export function steps(before, after, differentMax = DIFFERENT_MAX) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const middle = shortest(before.slice(start, before.length - end), after.slice(start, after.length - end), differentMax);
  if (middle === null) return null;
  const same = text => ({ tag: 'same', text });
  return [...before.slice(0, start).map(same), ...middle, ...before.slice(before.length - end).map(same)];
}

function shortest(before, after, differentMax) {
  const [n, m] = [before.length, after.length];
  const most = Math.min(n + m, differentMax);
  const trace = [];
  let furthest = new Int32Array(2 * most + 3);
  const zero = most + 1;
  for (let d = 0; d <= most; d += 1) {
    trace.push(furthest.slice(zero - d - 1, zero + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && furthest[zero + k - 1] < furthest[zero + k + 1]) ? furthest[zero + k + 1] : furthest[zero + k - 1] + 1;
      while (x < n && x - k < m && before[x] === after[x - k]) x += 1;
      furthest[zero + k] = x;
      if (x >= n && x - k >= m) return walked(trace, before, after, d);
    }
  }
  return null;
}

/** The way back along what each step reached. */
function walked(trace, before, after, d) {
  const found = [];
  let [x, y] = [before.length, after.length];
  for (let depth = d; depth >= 0; depth -= 1) {
    const reached = k => trace[depth][k + depth + 1];
    const k = x - y;
    const down = k === -depth || (k !== depth && reached(k - 1) < reached(k + 1));
    const from = depth === 0 ? 0 : down ? reached(k + 1) : reached(k - 1);
    const fromY = depth === 0 ? 0 : from - (down ? k + 1 : k - 1);
    while (x > from + (down || depth === 0 ? 0 : 1) && y > fromY + (down && depth > 0 ? 1 : 0)) {
      x -= 1;
      y -= 1;
      found.push({ tag: 'same', text: before[x] });
    }
    if (depth === 0) break;
    if (down) found.push({ tag: 'inserted', text: after[--y] });
    else found.push({ tag: 'deleted', text: before[--x] });
  }
  return found.reverse();
}

/** How much was added and taken away, and a picture of it. */
export function difference(before, after) {
  const found = steps(before.split('\n'), after.split('\n'));
  if (found === null) return { inserted: null, deleted: null, node: make('p', { class: 'soft' }, 'Nearly everything is different: look at each version by itself.') };
  const many = tag => found.filter(step => step.tag === tag).length;
  const node = make('div', { class: 'change', tabIndex: 0, role: 'group', 'aria-label': 'What changed' });
  const near = found.map((_, at) => found.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(step => step.tag !== 'same'));
  let line = 0;
  let hidden = 0;
  for (let at = 0; at < found.length;) {
    const { tag, text } = found[at];
    if (tag !== 'deleted') line += 1;
    if (!near[at]) {
      hidden += 1;
      at += 1;
      continue;
    }
    if (hidden) node.append(make('div', { class: 'gap' }, `${hidden === 1 ? '1 line is' : `${hidden} lines are`} the same; line ${line}`));
    hidden = 0;
    if (tag === 'same') {
      node.append(make('div', {}, text || ' '));
      at += 1;
      continue;
    }
    // A run of changes: what went away first, each line beside the one that came for it.
    const run = [];
    for (; at < found.length && found[at].tag !== 'same'; at += 1) run.push(found[at]);
    line += run.filter(step => step.tag === 'inserted').length - (tag === 'inserted' ? 1 : 0);
    const [gone, come] = ['deleted', 'inserted'].map(each => run.filter(step => step.tag === each));
    const pairs = gone.map((step, each) => come[each] ? worded(step.text, come[each].text) : null);
    gone.forEach((step, each) => node.append(changed('deleted', 'removed: ', pairs[each] ? pairs[each][0] : step.text)));
    come.forEach((step, each) => node.append(changed('inserted', 'added: ', pairs[each] ? pairs[each][1] : step.text)));
  }
  if (hidden && node.childNodes.length) node.append(make('div', { class: 'gap' }, `${hidden === 1 ? '1 line is' : `${hidden} lines are`} the same`));
  if (!node.childNodes.length) node.append(make('div', {}, 'Nothing changed in its text.'));
  return { inserted: many('inserted'), deleted: many('deleted'), node };
}

const changed = (look, word, inner) => make('div', { class: look }, make('span', { class: 'hidden-label' }, word), inner.length ? inner : ' ');

/** Two lines with the words that differ marked; null where they have too little in common. */
function worded(before, after) {
  const pieces = text => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
  const [one, other] = [pieces(before), pieces(after)];
  if (one.length > WORDS_MAX || other.length > WORDS_MAX) return null;
  const found = steps(one, other);
  if (found === null || found.filter(step => step.tag === 'same' && step.text.trim()).length * 3 < Math.max(one.length, other.length) / 2) return null;
  const side = tag => found.filter(step => step.tag === 'same' || step.tag === tag).map(step => step.tag === 'same' ? step.text : make('b', {}, step.text));
  return [side('deleted'), side('inserted')];
}
