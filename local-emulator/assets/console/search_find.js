// Results while one types: the box with its completions, what was found, what it can be narrowed by, and how it ran.

import { api, raw } from './api.js';
import { address, after, first, narrowed, others, read, SORTS, widened } from './search_address.js';
import { box } from './search_box.js';
import { facets } from './search_facets.js';
import { hit } from './search_hits.js';
import { saver } from './search_saver.js';
import { DEGRADED } from './search_words.js';
import { choice, count, make, nothing, tick } from './dom.js';

/** Milliseconds without a key before it is searched. */
const PAUSE = 140;

export function open(root, stopped, rest) {
  let now = read(rest);
  let explain = false;
  let asking = null;
  let waiting = null;
  let answer = null;
  let shown = 0;
  let following = null;

  const input = box(now.text, stopped, text => { now = { ...now, text }; soon(); }, () => search(true), () => clearTimeout(waiting));
  const sort = choice(SORTS, now.sort, { 'aria-label': 'Order', onchange: () => change({ sort: sort.value }) });
  const hybrid = tick('by meaning too', now.hybrid, { onchange: () => change({ hybrid: hybrid.input.checked }) });
  const found = make('p', { class: 'found', role: 'status' });
  const telling = make('div', {});
  const boxes = make('div', {});
  // On a telephone what was found comes first.
  const side = make('details', { class: 'facets', open: !matchMedia('(max-width: 52rem)').matches }, make('summary', {}, 'Narrow it down'), boxes);
  const list = make('ol', { class: 'hits' });
  const more = make('button', { type: 'button', class: 'quiet', hidden: true }, 'More results');
  const fault = make('p', { class: 'fault', role: 'alert' });
  const ran = make('div', {});
  const curious = make('details', { class: 'ran', ontoggle: () => { if (curious.open !== explain) { explain = curious.open; if (explain) search(false); } } }, make('summary', {}, 'How this search ran'), ran);
  const keep = saver(() => now);
  root.append(input.node, make('div', { class: 'search-line' }, found, hybrid, make('label', {}, 'Order', sort), keep), fault,
    make('div', { class: 'searched' }, side, make('div', {}, telling, list, make('p', {}, more), curious)));

  /** From now on: a step that Back takes back. */
  function change(members) {
    now = { ...now, ...members };
    search(true);
  }
  const soon = () => { clearTimeout(waiting); busy(true); waiting = setTimeout(() => search(false), PAUSE); };
  /** What is shown was found for other words, until the answer is there. */
  const busy = is => list.setAttribute('aria-busy', String(is));

  async function search(step) {
    clearTimeout(waiting);
    waiting = null;
    busy(true);
    if (asking) asking.abort();
    asking = new AbortController();
    const mine = asking;
    const wanted = now;
    if (location.hash !== address(wanted)) history[step ? 'pushState' : 'replaceState'](null, '', address(wanted));
    const began = performance.now();
    const ask = json => raw('/v1/search', { method: 'POST', json, signal: mine.signal });
    // Of what may be one of several, the others are counted as if none were chosen.
    const chosen = [['media_type', wanted.types], ['owner', wanted.owners], ['updated', wanted.month]].filter(([, of]) => of.length).map(([field]) => field);
    try {
      const [response, ...rest_] = await Promise.all([ask(first(wanted, explain)), ...chosen.map(field => ask(others(wanted, field)))]);
      const took = performance.now() - began;
      const [page, ...counted] = await Promise.all([response, ...rest_].map(one => one.json()));
      if (mine.signal.aborted || stopped.aborted) return;
      fault.textContent = '';
      // Whoever types on sees what was found so far.
      busy(waiting !== null);
      const known = new Map([...page.facets, ...counted.flatMap(one => one.facets)].map(one => [one.field, one]));
      draw(wanted, page, [...known.values()], { took, cache: response.headers.get('x-octavo-cache') });
    } catch (error) {
      if (mine.signal.aborted || stopped.aborted) return;
      busy(waiting !== null);
      if (wanted.hybrid && (error.status === 409 || error.status === 422)) {
        now = { ...now, hybrid: false };
        hybrid.input.checked = false;
        hybrid.input.disabled = true;
        hybrid.title = error.message;
        await search(false);
        fault.textContent = `By words alone: ${error.message}`;
        return;
      }
      fault.textContent = error.fields && error.fields.length ? error.fields.map(each => `${each.field}: ${each.message}`).join('; ') : error.message;
    }
  }

  function draw(wanted, page, counts, { took, cache }) {
    answer = page;
    shown = 0;
    const { value, relation } = page.total;
    found.textContent = `${relation === 'at_least' ? 'more than ' : ''}${count(value)} ${value === 1 ? 'document' : 'documents'} in ${Math.round(took)} ms${cache === 'hit' ? ', from the cache' : ''}`;
    const held = boxes.contains(document.activeElement) ? document.activeElement.dataset.box : null;
    boxes.replaceChildren(...facets(wanted, counts, change));
    // Whoever ticks by keyboard stays at the box.
    if (held) [...boxes.querySelectorAll('input')].find(one => one.dataset.box === held)?.focus();
    telling.replaceChildren(...told(wanted, page));
    list.replaceChildren();
    append(page, wanted);
    if (!page.hits.length) {
      telling.append(wanted.text || narrowed(wanted)
        ? nothing('Nothing was found', narrowed(wanted) ? 'Perhaps because of what is ticked.' : 'Try other words, or fewer.', narrowed(wanted) ? make('button', { type: 'button', class: 'quiet small', onclick: () => change(widened(now)) }, 'Take the ticks away') : '')
        : nothing('Nothing to find yet', 'There is no document that you may read.', make('a', { href: '#documents', class: 'button small' }, 'To the documents')));
    }
    explained(page, took, cache);
  }

  /** What was done to the words so that something was found. */
  function told(wanted, page) {
    const lines = [];
    if (page.tolerant) lines.push(make('p', { class: 'telling', role: 'status' }, 'Nothing has these words exactly as they are: typing errors were forgiven.',
      page.suggestions.length ? [' Did you mean ', meant(page.suggestions), '?'] : null));
    else if (page.suggestions.length) lines.push(make('p', { class: 'telling', role: 'status' }, 'Did you mean ', meant(page.suggestions), '?'));
    if (page.degraded) lines.push(make('p', { class: 'telling', role: 'status' }, DEGRADED[page.degraded] || page.degraded));
    return lines;
  }
  const meant = suggestions => suggestions.flatMap((text, at) => [at ? ' or ' : null, make('button', { type: 'button', class: 'link', onclick: () => { input.say(text); change({ text }); } }, text)]);

  function append(page, wanted) {
    list.append(...page.hits.map((one, at) => hit(one, shown + at + 1, answer.search_id, tag => { if (!now.tags.includes(tag)) change({ tags: [...now.tags, tag] }); })));
    shown += page.hits.length;
    following = page.next_cursor ? { cursor: page.next_cursor, wanted } : null;
    more.hidden = !following;
  }

  let loading = false;
  async function next() {
    if (!following || loading) return;
    loading = true;
    const { cursor, wanted } = following;
    const mine = asking;
    try {
      const page = await api('/v1/search', { method: 'POST', json: after(wanted, cursor), signal: mine.signal });
      if (mine === asking && !stopped.aborted) append(page, wanted);
    } catch (error) {
      if (!mine.signal.aborted) fault.textContent = error.message;
    } finally {
      loading = false;
    }
    if (following && near()) next();
  }
  const near = () => more.offsetParent !== null && more.getBoundingClientRect().top < innerHeight + 300;
  more.onclick = next;
  const end = new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting)) next(); }, { rootMargin: '300px' });
  end.observe(more);

  function explained(page, took, cache) {
    const said = page.explanation;
    if (!said) {
      ran.replaceChildren(make('p', { class: 'soft' }, curious.open ? 'One moment…' : ''));
      if (curious.open) return;
    }
    if (!said) return;
    const ms = value => value === null || value === undefined ? 'was not asked' : `${value} ms`;
    const facts = [['Cache', said.cache || cache], ['Engine', ms(said.engine_ms)], ['Platform', `${page.took_ms} ms`], ['From key to result', `${Math.round(took)} ms`], ['Typing errors', page.tolerant ? 'forgiven' : 'none to forgive']];
    ran.replaceChildren(make('dl', { class: 'members' }, facts.map(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])),
      make('h3', {}, 'The query that the engine is sent'), make('pre', { tabIndex: 0 }, JSON.stringify(said.engine_query, null, 2)));
  }

  stopped.addEventListener('abort', () => {
    clearTimeout(waiting);
    end.disconnect();
    if (asking) asking.abort();
  });
  search(false);
  if (!matchMedia('(pointer: coarse)').matches) input.focus();
  // Back and forward, and links to another search.
  return moved => {
    if (moved && !moved.startsWith('?')) return false;
    now = read(moved);
    input.say(now.text);
    sort.value = now.sort;
    hybrid.input.checked = now.hybrid;
    search(false);
    return true;
  };
}
