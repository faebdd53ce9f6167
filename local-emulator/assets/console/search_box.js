// The box that one types into, with the titles that begin so below it (the combobox of the ARIA Authoring Practices).

import { api } from './api.js';
import { freshId, make } from './dom.js';

const SHOWN = 6;
/** Milliseconds without a key before titles are asked for. */
const PAUSE = 60;
const PREFIX_CHARS_MAX = 100;

/** `typed(text)` hears of every key, `sent()` of Enter, `left()` of a title that is followed: what was typed is not meant any more. */
export function box(text, stopped, typed, sent, left) {
  const list = make('ul', { class: 'completions', role: 'listbox', id: freshId(), 'aria-label': 'Titles', hidden: true });
  const input = make('input', {
    type: 'search', name: 'q', value: text, autocomplete: 'off', spellcheck: false, placeholder: 'Search titles and texts', role: 'combobox',
    'aria-expanded': 'false', 'aria-controls': list.id, 'aria-autocomplete': 'list',
  });
  const form = make('form', { class: 'search-box', role: 'search' }, make('label', {}, make('span', { class: 'hidden-label' }, 'Search the documents'), input), make('button', {}, 'Search'), list);
  let asking = null;
  let waiting = null;
  let chosen = -1;

  function close() {
    clearTimeout(waiting);
    if (asking) asking.abort();
    list.hidden = true;
    chosen = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  async function complete() {
    const prefix = input.value.trim().slice(0, PREFIX_CHARS_MAX);
    if (!prefix) return close();
    if (asking) asking.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const { suggestions } = await api(`/v1/search/suggest?${new URLSearchParams({ q: prefix, limit: SHOWN })}`, { signal: mine.signal });
      if (mine.signal.aborted || document.activeElement !== input) return null;
      chosen = -1;
      list.replaceChildren(...suggestions.map(one => make('li', { role: 'option', id: freshId(), 'aria-selected': 'false', onpointerdown: event => { event.preventDefault(); follow(one); } }, one.title)));
      [...list.children].forEach((line, at) => { line.follow = () => follow(suggestions[at]); });
      list.hidden = !suggestions.length;
      input.setAttribute('aria-expanded', String(suggestions.length > 0));
    } catch { /* Completions are a help: without them one types on. */ }
    return null;
  }
  const follow = one => { close(); left(); location.hash = `#documents/${one.id}`; };
  function point(at) {
    chosen = at;
    [...list.children].forEach((line, each) => line.setAttribute('aria-selected', String(each === at)));
    if (list.children[at]) input.setAttribute('aria-activedescendant', list.children[at].id);
    else input.removeAttribute('aria-activedescendant');
  }

  input.oninput = () => {
    typed(input.value.trim());
    clearTimeout(waiting);
    waiting = setTimeout(complete, PAUSE);
  };
  input.onkeydown = event => {
    const many = list.hidden ? 0 : list.children.length;
    if (event.key === 'Escape' && many) {
      // The first press closes the titles, not what is written.
      event.preventDefault();
      close();
    } else if (event.key === 'ArrowDown' && many) {
      event.preventDefault();
      point((chosen + 1) % many);
    } else if (event.key === 'ArrowUp' && many) {
      event.preventDefault();
      point((chosen < 1 ? many : chosen) - 1);
    }
  };
  input.onblur = () => setTimeout(close, 0);
  form.onsubmit = event => {
    event.preventDefault();
    const line = list.hidden ? null : list.children[chosen];
    if (line) return line.follow();
    close();
    sent();
    return null;
  };
  stopped.addEventListener('abort', close);
  return { node: form, focus: () => input.focus(), say: now => { if (input.value.trim() !== now) input.value = now; } };
}
