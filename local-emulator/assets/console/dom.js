// Small pieces of pages. Text becomes a text node and nothing else: what a document or a model says is never markup.

/** An element. `children`: nodes, texts, or lists of them; null and false are left out. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.startsWith('aria') && name !== 'list') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

let drawn = 0;
/** An id that no other element has. */
export const freshId = () => `n${++drawn}`;

/** A section with its heading. */
export function section(title, ...children) {
  const heading = make('h2', { id: freshId() }, title);
  return make('section', { 'aria-labelledby': heading.id }, heading, children);
}

/** A card: a title, a state in words and colour, lines of small print. */
export function card(title, state, label, lines) {
  return make('div', { class: 'card' }, make('b', {}, title, make('span', { class: `state ${state}` }, label)),
    lines.filter(Boolean).map(line => line instanceof Node ? line : make('small', {}, line)));
}

/** A number with what it counts. */
export const figure = (label, value, note) =>
  make('div', { class: 'card' }, make('small', {}, label), make('span', { class: 'figure' }, value), note && make('small', {}, note));

/**
 * A table. `columns`: `{ title, of, number, wrap }`, where `of(row)` gives a text or a node, and `wrap` is true or `'narrow'`; `empty` is said where there
 * are no rows; `mark(row)` is a class of the row.
 */
export function table(columns, rows, { empty = 'nothing yet', mark, caption } = {}) {
  const type = column => [column.number && 'number', column.wrap && 'wrap', column.wrap === 'narrow' && 'narrow'].filter(Boolean).join(' ') || null;
  const head = make('thead', {}, make('tr', {}, columns.map(column => make('th', { scope: 'col', class: column.number ? 'number' : null }, column.title))));
  const body = make('tbody', {}, rows.map(row => make('tr', { class: (mark && mark(row)) || null },
    columns.map((column, at) => make(at ? 'td' : 'th', { class: type(column), scope: at ? null : 'row' }, shown(column.of(row)))))));
  return make('div', { class: 'scroll', tabIndex: 0, role: 'group', 'aria-label': caption || 'table' },
    make('table', {}, caption && make('caption', { class: 'hidden-label' }, caption), head, body), rows.length ? null : make('p', { class: 'empty' }, empty));
}

const shown = value => value === null || value === undefined || value === '' ? '–' : value instanceof Node ? value : String(value);

/** Texts and nodes with commas between them; what is not there is left out. */
export const commas = parts => parts.filter(Boolean).flatMap((part, at) => at ? [', ', part] : [part]);

/** A labelled input whose refusal is shown beside it. `path`: how the API names the field. */
export function field(label, input, path) {
  const fault = make('p', { class: 'fault', id: freshId() });
  if (path) input.dataset.path = path;
  input.setAttribute('aria-describedby', fault.id);
  return make('div', {}, make('label', {}, label, input), fault);
}

/** The same for what has its labels within: boxes to tick. */
export function boxes(legend, inputs, path) {
  const fault = make('p', { class: 'fault', id: freshId() });
  const node = make('fieldset', { class: 'choices', 'aria-describedby': fault.id }, make('legend', {}, legend), inputs);
  node.dataset.path = path;
  return make('div', {}, node, fault);
}

/** A box to tick. */
export function tick(label, checked, properties = {}) {
  const input = make('input', { type: 'checkbox', checked, ...properties });
  const wrapped = make('label', {}, input, label);
  wrapped.input = input;
  return wrapped;
}

/** A choice; `options`: texts, or `[value, text]`. */
export function choice(options, value, properties = {}) {
  const pair = option => Array.isArray(option) ? option : [option, option];
  const select = make('select', properties, options.map(pair).map(([of, text]) => make('option', { value: of }, text)));
  if (value !== undefined) select.value = value;
  return select;
}

/** Buttons of which one is down: `options` as `[value, text]`; `choose(value)` hears of a press. `say(value)` presses one itself. */
export function segments(label, options, value, choose) {
  const node = make('div', { class: 'tabs', role: 'group', 'aria-label': label });
  const say = now => {
    for (const button of node.children) {
      const is = button.dataset.value === now;
      button.className = is ? 'small' : 'quiet small';
      button.setAttribute('aria-pressed', String(is));
    }
  };
  node.append(...options.map(([of, text]) => {
    const button = make('button', { type: 'button', onclick: () => { say(of); choose(of); } }, text);
    button.dataset.value = of;
    return button;
  }));
  say(value);
  return { node, say };
}

/** A place where there is nothing: what would be here, and what to do about it. */
export const nothing = (title, text, ...actions) =>
  make('div', { class: 'nothing' }, make('b', {}, title), text && make('p', {}, text), actions.length ? make('div', { class: 'buttons' }, actions) : null);

/** A button that puts a text where it can be pasted from, and says that it did. */
export function copier(text, label = 'Copy') {
  const button = make('button', { type: 'button', class: 'quiet small' }, label);
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed: select it';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  };
  return button;
}

/** A share as a bar that also says it in words: of a sum that must not be used up, or of a way (`progress`). */
export function meter(share, words, progress = false) {
  const percent = Math.min(100, Math.max(0, share * 100));
  const fill = make('div');
  fill.style.width = `${percent}%`;
  return make('div', {
    class: `meter ${progress ? '' : percent >= 100 ? 'full' : percent >= 80 ? 'warn' : ''}`, role: progress ? 'progressbar' : 'meter', 'aria-label': words,
    'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(percent),
  }, fill);
}

/** Within so many milliseconds a second press counts. */
const AGAIN_MS = 8000;

/** A button that asks for a second press before it does what cannot be undone. */
export function carefully(label, again, act, look = 'quiet small') {
  const button = make('button', { type: 'button', class: look }, label);
  let timer = null;
  button.onclick = async () => {
    if (timer === null) {
      button.textContent = again;
      timer = setTimeout(() => { timer = null; button.textContent = label; }, AGAIN_MS);
      return;
    }
    clearTimeout(timer);
    timer = null;
    button.disabled = true;
    try { await act(); } finally { button.disabled = false; button.textContent = label; }
  };
  return button;
}

/** Shows the refusals of an answer at the fields that they name; what names none is said in `summary`. */
export function showFaults(form, summary, error) {
  clearFaults(form, summary);
  const left = [];
  let first = null;
  for (const { field: path, message } of error.fields || []) {
    const inputs = [...form.querySelectorAll('[data-path]')];
    // Of a row as a whole (`rates[0]`) it is said at the row's first field.
    const input = inputs.find(input => covers(input.dataset.path, path)) || inputs.find(input => covers(path, input.dataset.path));
    if (!input) { left.push(`${path}: ${message}`); continue; }
    const at = path.startsWith(input.dataset.path) && input.dataset.path !== path ? `${path}: ` : '';
    input.setAttribute('aria-invalid', 'true');
    document.getElementById(input.getAttribute('aria-describedby')).textContent += `${at}${message} `;
    first ||= input;
  }
  summary.textContent = left.length ? left.join('; ') : first ? 'Some fields are not acceptable.' : error.message;
  if (first) first.focus();
}

// A field of a list (`models[3]`) is shown at the input of the whole list.
const covers = (own, path) => own === path || path.startsWith(`${own}[`) || path.startsWith(`${own}.`);

/** Takes back what `showFaults` showed. */
export function clearFaults(form, summary) {
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    document.getElementById(input.getAttribute('aria-describedby')).textContent = '';
  }
  summary.textContent = '';
}

/** The pieces of a highlight: the API escapes the document's text and marks what was found. */
export function highlighted(fragment) {
  const plain = text => new DOMParser().parseFromString(text, 'text/html').documentElement.textContent;
  return fragment.split(/(<mark>.*?<\/mark>)/s).map(piece =>
    piece.startsWith('<mark>') ? make('mark', {}, plain(piece.slice(6, -7))) : spaced(piece, plain));
}
// A parser drops the space at a text's edges.
const spaced = (piece, plain) => (/^\s/.test(piece) ? ' ' : '') + plain(piece).trim() + (piece.trim() && /\s$/.test(piece) ? ' ' : '');

/** US dollars; of small sums two digits that say something. */
export function dollars(text) {
  const value = Number(text || 0);
  if (value === 0) return '$0';
  if (value >= 1) return `$${value.toFixed(2)}`;
  return `$${value.toFixed(Math.min(9, 1 - Math.floor(Math.log10(value)))).replace(/0+$/, '')}`;
}

/** A whole number with separators. */
export const count = value => Number(value || 0).toLocaleString('en');

/** Bytes as a person says them. */
export function bytes(value) {
  if (value < 1024) return `${value} B`;
  const [unit, size] = value < 1024 * 1024 ? ['KiB', value / 1024] : ['MiB', value / 1024 / 1024];
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} ${unit}`;
}

/** Milliseconds as a person says them. */
export const duration = ms => ms === null || ms === undefined ? '–' : ms < 1000 ? `${Math.round(ms)} ms` : ms < 60000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60000)} min`;

/** Milliseconds as a person counts them: exact while it is short, with two units when it is long. */
export function span(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor(ms / 1000) % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** A moment: the time today, the date and time otherwise. */
export function moment(text) {
  const at = new Date(text);
  return at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString();
}

/** JSON with its lines, for people; other text as it is. */
export const pretty = text => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
