// Remarks on a document: shown at once, taken back where the node refuses them.

import { ago } from './ago.js';
import { identity } from './api.js';
import { carefully, freshId, make } from './dom.js';
import { reason } from './hub.js';
import { colour } from './session.js';

/** Characters of a comment, comments of a page, and comments that are shown. */
const CHARS_MAX = 10000;
const PAGE = 199;
const SHOWN_MAX = 1000;

/**
 * The panel. `anchor()` is the place of the cursor in the text, `show(position)` leads there.
 */
export function comments(hub, subject, { anchor, session, show }) {
  const all = new Map();
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('div', { class: 'threads' });
  const settled = make('details', { hidden: true }, make('summary', {}), make('div', { class: 'threads' }));
  const heading = make('h3', { id: freshId() }, 'Comments');
  const write = box('Comment on the text', 'Comment', text => add(text, null));
  const answer = box('Answer', 'Answer', text => { const to = answering; answering = null; return add(text, to); });
  let answering = null;
  const root = make('section', { class: 'comments', 'aria-labelledby': heading.id }, heading, list, settled, write.form, fault);

  function box(label, verb, act) {
    const input = make('textarea', { rows: 2, maxLength: CHARS_MAX, required: true });
    const button = make('button', { class: 'small' }, verb);
    const form = make('form', { class: 'stack' }, make('label', {}, label, input), make('div', { class: 'buttons' }, button));
    form.onsubmit = async event => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = '';
      if (!await act(text)) input.value ||= text;
    };
    input.onkeydown = event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); };
    return { form, input, button };
  }

  /** Shows it at once; false where it was refused, and then it is gone again. */
  async function add(text, parent) {
    fault.textContent = '';
    const position = parent ? null : anchor();
    const wanted = { text, parent, anchor: position === null || position === undefined ? null : encoded(session, position) };
    const temporary = `pending ${freshId()}`;
    all.set(temporary, { ...wanted, id: temporary, author: identity.user, created_at: new Date().toISOString(), pending: true });
    draw();
    try {
      told(await hub.invoke('Comment', { document: subject.id, ...wanted }), temporary);
      return true;
    } catch (error) {
      all.delete(temporary);
      fault.textContent = `Your comment was not taken: ${reason(error)}`;
      draw();
      return false;
    }
  }

  async function resolve(one, resolved) {
    fault.textContent = '';
    const before = { ...one };
    Object.assign(one, { resolved_at: resolved ? new Date().toISOString() : null, resolved_by: resolved ? identity.user : null });
    draw();
    try {
      told(await hub.invoke('Resolve', { document: subject.id, id: one.id, resolved }));
    } catch (error) {
      Object.assign(one, before);
      fault.textContent = `It was not changed: ${reason(error)}`;
      draw();
    }
  }

  async function remove(one) {
    fault.textContent = '';
    try {
      await hub.invoke('DeleteComment', { document: subject.id, id: one.id });
      gone(one.id);
    } catch (error) {
      fault.textContent = `It was not deleted: ${reason(error)}`;
    }
  }

  /** A comment as the node knows it, now. */
  function told(comment, temporary) {
    // The push of one's own comment may come before the answer.
    const twin = temporary || [...all.values()].find(one => one.pending && one.author === comment.author && one.text === comment.text)?.id;
    if (twin) all.delete(twin);
    all.set(comment.id, comment);
    draw();
  }

  /** It is no more, and neither are the answers to it. */
  function gone(id) {
    for (const one of [...all.values()]) if (one.id === id || one.parent === id) all.delete(one.id);
    draw();
  }

  let turn = 0;
  async function load() {
    const mine = ++turn;
    const before = new Map(all);
    const found = [];
    for (let page = { more: true }; page.more && found.length < SHOWN_MAX;) {
      page = await hub.invoke('Comments', { document: subject.id, after: found.length ? found.at(-1).id : null, limit: PAGE });
      found.push(...page.comments);
    }
    if (mine !== turn) return;
    // What was told, deleted or sent since it was asked is newer than the answer.
    const news = [...all.values()].filter(one => one.pending || before.get(one.id) !== one);
    const deleted = new Set([...before.keys()].filter(id => !all.has(id)));
    all.clear();
    for (const one of [...found.filter(({ id }) => !deleted.has(id)), ...news]) all.set(one.id, one);
    draw();
  }

  function draw() {
    const focused = document.activeElement;
    const held = focused && root.contains(focused) ? focused.dataset.key : null;
    const ordered = [...all.values()].sort((one, other) => one.created_at < other.created_at ? -1 : 1);
    const threads = ordered.filter(one => !one.parent);
    const thread = one => make('article', { class: 'thread' }, view(one, true), ordered.filter(other => other.parent === one.id).map(other => view(other, false)), answering === one.id ? answer.form : null);
    const done = threads.filter(one => one.resolved_at);
    list.replaceChildren(...threads.filter(one => !one.resolved_at).map(thread));
    if (!list.childElementCount) list.append(make('p', { class: 'soft' }, 'None yet.'));
    settled.hidden = !done.length;
    settled.firstChild.textContent = `Resolved (${done.length})`;
    settled.lastChild.replaceChildren(...done.map(thread));
    const back = held ? root.querySelector(`[data-key="${CSS.escape(held)}"]`) : root.contains(focused) ? focused : null;
    if (back) back.focus();
  }

  function view(one, first) {
    const dot = make('span', { class: 'dot', 'aria-hidden': 'true' });
    dot.style.background = colour(one.author);
    const position = one.anchor ? decoded(session, one.anchor) : null;
    const act = (label, what) => {
      const button = make('button', { type: 'button', class: 'link', onclick: what }, label);
      button.dataset.key = `${one.id} ${label}`;
      return button;
    };
    const own = of => of.author === identity.user && !of.pending ? carefully('Delete', 'Really delete?', () => remove(of), 'link') : null;
    const line = position === null ? null : act(`line ${lineOf(session, position)}`, () => show(position));
    return make('div', { class: `comment ${one.pending ? 'pending' : ''}` },
      make('p', { class: 'by' }, dot, make('strong', {}, one.author), make('small', {}, ' ', one.pending ? 'sending…' : ago(one.created_at), ' '), line),
      make('p', { class: 'said' }, one.text),
      first && !one.pending ? make('p', { class: 'buttons' }, act('Answer', () => { answering = one.id; draw(); answer.input.focus(); }),
        one.resolved_at ? act('Open again', () => resolve(one, false)) : act('Resolve', () => resolve(one, true)),
        one.resolved_at ? make('small', {}, `resolved by ${one.resolved_by}`) : null, own(one)) : own(one) && make('p', { class: 'buttons' }, own(one)));
  }

  return {
    root, load, gone, told: comment => told(comment),
    connected(is) { for (const one of [write, answer]) one.button.disabled = !is; },
  };
}

/** A place in the text that moves with it, Base64. */
function encoded(session, position) {
  const { library, text } = session;
  const bytes = library.encodeRelativePosition(library.createRelativePositionFromTypeIndex(text, Math.min(position, text.length)));
  return btoa(String.fromCharCode(...bytes));
}

/** Where that is now; null where it is not, or where it is nothing that we could have written. */
function decoded(session, anchor) {
  const { library, doc, text } = session;
  try {
    const bytes = Uint8Array.from(atob(anchor), char => char.charCodeAt(0));
    const found = library.createAbsolutePositionFromRelativePosition(library.decodeRelativePosition(bytes), doc);
    return found && found.type === text ? found.index : null;
  } catch {
    return null;
  }
}

const lineOf = (session, position) => session.text.toString().slice(0, position).split('\n').length;
