// Markdown as nodes: what CommonMark calls blocks and inlines, tables, and nothing else. HTML within it stays text; a link leads
// only where links may lead.

import { make } from './dom.js';

/** Quotes and lists within each other; deeper ones are text. */
const DEPTH_MAX = 8;
const HREF = /^(https?:|mailto:)/i;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)(.*)$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?: +(.*?))?(?: +#+)? *$/;
const CELLS = /^ *\|?(.*?)\|? *$/;
const RULED = /^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/;

/** The nodes of a Markdown text. */
export const markdown = text => blocks(text.replace(/\r\n?/g, '\n').split('\n'), 0);

function blocks(lines, depth) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const fence = line.match(FENCE);
    const heading = line.match(HEADING);
    if (!line.trim()) at += 1;
    else if (fence) {
      const end = ending(lines, at + 1, fence[1]);
      nodes.push(make('pre', { tabIndex: 0 }, make('code', {}, lines.slice(at + 1, end).join('\n'))));
      at = end + 1;
    } else if (heading) {
      // The page has its own first heading, and the document its title.
      nodes.push(make(`h${Math.min(6, heading[1].length + 2)}`, { class: `level-${heading[1].length}` }, inlines(heading[2] || '')));
      at += 1;
    } else if (RULE.test(line)) {
      nodes.push(make('hr'));
      at += 1;
    } else if (/^ {0,3}>/.test(line) && depth < DEPTH_MAX) {
      const end = until(lines, at, each => !/^ {0,3}>/.test(each));
      nodes.push(make('blockquote', {}, blocks(lines.slice(at, end).map(each => each.replace(/^ {0,3}> ?/, '')), depth + 1)));
      at = end;
    } else if (ITEM.test(line) && depth < DEPTH_MAX) {
      const [list, end] = listed(lines, at, depth);
      nodes.push(list);
      at = end;
    } else if (line.includes('|') && at + 1 < lines.length && RULED.test(lines[at + 1]) && lines[at + 1].includes('-')) {
      const end = until(lines, at + 2, each => !each.includes('|'));
      nodes.push(tabled(lines[at], lines[at + 1], lines.slice(at + 2, end)));
      at = end;
    } else if (/^ {4}/.test(line)) {
      const end = until(lines, at, each => each.trim() && !/^ {4}/.test(each));
      nodes.push(make('pre', { tabIndex: 0 }, make('code', {}, lines.slice(at, end).map(each => each.slice(4)).join('\n').trimEnd())));
      at = end;
    } else {
      const end = Math.max(at + 1, until(lines, at, each => !each.trim() || FENCE.test(each) || HEADING.test(each) || /^ {0,3}>/.test(each) || (depth < DEPTH_MAX && ITEM.test(each)) || RULE.test(each)));
      nodes.push(make('p', {}, inlines(lines.slice(at, end).map(each => each.trimStart()).join('\n'))));
      at = end;
    }
  }
  return nodes;
}

/** The first line from `at` for which it is so, or the end. */
function until(lines, at, is) {
  const found = lines.slice(at).findIndex(is);
  return found < 0 ? lines.length : at + found;
}

const ending = (lines, at, fence) => until(lines, at, each => each.trim().startsWith(fence) && /^[`~]+$/.test(each.trim()));

/** A list from `at`, and where it ends. What is indented below an item is the item's. */
function listed(lines, at, depth) {
  const [, , first] = lines[at].match(ITEM);
  const ordered = /\d/.test(first);
  const items = [];
  let tight = true;
  let end = at;
  while (end < lines.length) {
    const item = lines[end].match(ITEM);
    if (!item || /\d/.test(item[2]) !== ordered || RULE.test(lines[end])) break;
    const indent = item[1].length + item[2].length + Math.min(4, Math.max(1, item[3].length));
    const own = [item[4]];
    end += 1;
    while (end < lines.length) {
      const line = lines[end];
      if (!line.trim()) {
        const next = until(lines, end, each => each.trim());
        const goesOn = next < lines.length && (lines[next].startsWith(' '.repeat(indent)) || (ITEM.test(lines[next]) && /\d/.test(lines[next].match(ITEM)[2]) === ordered));
        if (!goesOn) break;
        tight = false;
        own.push('');
        end += 1;
      } else if (line.startsWith(' '.repeat(indent))) {
        own.push(line.slice(indent));
        end += 1;
      } else if (!ITEM.test(line) && own.at(-1).trim() && !HEADING.test(line) && !FENCE.test(line)) {
        own.push(line.trimStart());
        end += 1;
      } else break;
    }
    items.push(own);
  }
  const drawn = items.map(own => {
    const box = own[0].match(/^\[([ xX])\] +(.*)$/);
    if (box) own[0] = box[2];
    const nodes = blocks(own, depth + 1);
    const inner = tight ? nodes.flatMap(node => node.tagName === 'P' ? [...node.childNodes] : [node]) : nodes;
    return make('li', { class: box ? 'ticked' : null }, box ? make('input', { type: 'checkbox', disabled: true, checked: box[1] !== ' ', 'aria-label': box[1] === ' ' ? 'open' : 'done' }) : null, inner);
  });
  return [make(ordered ? 'ol' : 'ul', ordered && parseInt(first, 10) !== 1 ? { start: parseInt(first, 10) } : {}, drawn), end];
}

function tabled(head, ruled, rows) {
  const cells = line => line.match(CELLS)[1].split(/(?<!\\)\|/).map(cell => cell.trim().replaceAll('\\|', '|'));
  const number = cells(ruled).map(cell => /^-+:$/.test(cell));
  const row = (tag, line) => make('tr', {}, cells(line).map((cell, at) => make(tag, { class: number[at] ? 'number wrap' : 'wrap', scope: tag === 'th' ? 'col' : null }, inlines(cell))));
  return make('div', { class: 'scroll', tabIndex: 0, role: 'group', 'aria-label': 'table' }, make('table', {}, make('thead', {}, row('th', head)), make('tbody', {}, rows.map(line => row('td', line)))));
}

const INLINE = /\\([\\`*_{}[\]()#+\-.!|<>~])|(`+)([^`]|[^`][\s\S]*?[^`])\2(?!`)|(!?)\[([^[\]]*)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)|<(https?:\/\/[^\s<>]+|[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>|(https?:\/\/[^\s<>)\]]*[^\s<>)\].,;:!?'"])|(\*\*|__)(?=\S)([\s\S]*?\S)\9|(\*)(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)|(?<![\w])_(?=[^\s_])([\s\S]*?[^\s_])_(?![\w])|~~(?=\S)([\s\S]*?\S)~~|( {2,}|\\)\n/;

/** A line's own marks: emphasis, code, links. */
function inlines(text, depth = 0) {
  const nodes = [];
  let left = text;
  while (left) {
    const found = depth < DEPTH_MAX ? left.match(INLINE) : null;
    if (!found) break;
    if (found.index) nodes.push(left.slice(0, found.index));
    const [all, escaped, ticks, code, image, label, href, angled, bare, strong, strongText, , emphasis, emphasis2, struck] = found;
    const inner = of => inlines(of, depth + 1);
    if (escaped) nodes.push(escaped);
    else if (ticks) nodes.push(make('code', {}, code.replace(/\n/g, ' ')));
    else if (label !== undefined) nodes.push(image ? make('span', { class: 'soft' }, `[picture: ${label || href}]`) : link(href, inner(label)));
    else if (angled) nodes.push(link(angled.includes('://') ? angled : `mailto:${angled}`, [angled]));
    else if (bare) nodes.push(link(bare, [bare]));
    else if (strong) nodes.push(make('strong', {}, inner(strongText)));
    else if (emphasis || emphasis2) nodes.push(make('em', {}, inner(emphasis || emphasis2)));
    else if (struck) nodes.push(make('s', {}, inner(struck)));
    else nodes.push(make('br'));
    left = left.slice(found.index + all.length);
  }
  if (left) nodes.push(left);
  return nodes;
}

const link = (href, inner) => HREF.test(href) ? make('a', { href, target: '_blank', rel: 'noopener noreferrer' }, inner) : make('span', { title: href }, inner);
